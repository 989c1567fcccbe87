/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of an image, as the Docker Engine understands it: {@code [registry/]path[:tag][@digest]}.
 *
 * @param registry such as {@code registry.example.com:5000}; {@code docker.io} where none is named
 * @param path such as {@code metabase/metabase}
 * @param tag absent: none is named
 * @param digest such as {@code sha256:...}; absent: none is named
 */
public record ImageReference(
        String registry,
        String path,
        @Nullable String tag,
        @Nullable String digest) {
    private static final String DOCKER_HUB = "docker.io";
    private static final String LIBRARY = "library/";
    private static final int NAME_LENGTH_MAX = 255;
    private static final int SHOWN_MAX = 80;

    private static final String LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
    private static final String PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
    private static final Pattern REGISTRY =
            Pattern.compile("(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?");
    private static final Pattern PATH = Pattern.compile(PART + "(?:/" + PART + ")*");
    private static final Pattern TAG = Pattern.compile("[\\w][\\w.-]{0,127}");
    private static final Pattern IMAGE_ID = Pattern.compile("(?:library/)?[0-9a-f]{64}");
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final Pattern WHOLE =
            Pattern.compile("(?<name>[^@]+?)(?::(?<tag>[^/@:]+))?(?:@(?<digest>[^@]+))?", Pattern.DOTALL);

    /**
     * Reads a reference.
     *
     * @throws InvalidImageReferenceException if it is none; a bare image id or a digest other than SHA-256 is none
     */
    public static ImageReference parse(String text) throws InvalidImageReferenceException {
        Matcher whole = WHOLE.matcher(text);
        if (!whole.matches()) {
            throw invalid(text);
        }
        String name = whole.group("name");
        int slash = name.indexOf('/');
        String first = slash < 0 ? "" : name.substring(0, slash);
        boolean named = first.contains(".")
                || first.contains(":")
                || first.equals("localhost")
                || !first.toLowerCase(Locale.ROOT).equals(first);
        String registry = named ? first : DOCKER_HUB;
        if (registry.equals("index.docker.io")) {
            registry = DOCKER_HUB;
        }
        String path = named ? name.substring(slash + 1) : name;
        if (registry.equals(DOCKER_HUB) && path.indexOf('/') < 0) {
            path = LIBRARY + path;
        }
        String tag = whole.group("tag");
        String digest = whole.group("digest");
        if (!REGISTRY.matcher(registry).matches()
                || !PATH.matcher(path).matches()
                || IMAGE_ID.matcher(path).matches()
                || registry.length() + 1 + path.length() > NAME_LENGTH_MAX
                || (tag != null && !TAG.matcher(tag).matches())
                || (digest != null && !DIGEST.matcher(digest).matches())) {
            throw invalid(text);
        }
        return new ImageReference(registry, path, tag, digest);
    }

    /** A reference that must name a digest, such as one that is about to be run. */
    public static ImageReference pinned(String text) throws InvalidImageReferenceException {
        ImageReference reference = parse(text);
        if (reference.digest() == null) {
            throw new InvalidImageReferenceException(
                    shown(text) + " names no digest, but one is needed here: a tag can be moved to another image");
        }
        return reference;
    }

    /** The repository, in full. Two references name the same one if these are equal. */
    public String repository() {
        return registry + "/" + path;
    }

    /** The repository as people write it: without what goes without saying. */
    public String name() {
        if (!registry.equals(DOCKER_HUB)) {
            return repository();
        }
        return path.startsWith(LIBRARY) && path.indexOf('/', LIBRARY.length()) < 0
                ? path.substring(LIBRARY.length())
                : path;
    }

    /** What to ask a registry for: the digest, or the tag, or {@code latest}. */
    public String tagOrDigest() {
        return Optional.ofNullable(digest).orElse(tag == null ? "latest" : tag);
    }

    /**
     * The same repository with this digest.
     *
     * @throws InvalidImageReferenceException if this names another digest already
     */
    public ImageReference at(String resolved) throws InvalidImageReferenceException {
        if (!DIGEST.matcher(resolved).matches()) {
            throw new InvalidImageReferenceException(shown(resolved) + " is no SHA-256 digest");
        }
        if (digest != null && !digest.equals(resolved)) {
            throw new InvalidImageReferenceException(this + " is asked for, not " + resolved);
        }
        return new ImageReference(registry, path, tag, resolved);
    }

    /**
     * Refuses a reference of another repository.
     *
     * @throws InvalidImageReferenceException with both names
     */
    public ImageReference requireRepository(ImageReference expected) throws InvalidImageReferenceException {
        if (!repository().equals(expected.repository())) {
            throw new InvalidImageReferenceException(
                    this + " is of another repository: expected is " + expected.name());
        }
        return this;
    }

    /** Repository and digest, without the tag: the form that the engine keeps in {@code RepoDigests}. */
    public String byDigest() {
        if (digest == null) {
            throw new IllegalStateException(this + " names no digest");
        }
        return name() + "@" + digest;
    }

    @Override
    public String toString() {
        return name() + (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
    }

    private static InvalidImageReferenceException invalid(String text) {
        return new InvalidImageReferenceException(
                shown(text) + " is no image reference; write it as [registry/]name[:tag][@sha256:...], in lower case");
    }

    private static String shown(String text) {
        String printable = text.replaceAll("\\p{Cntrl}", "?");
        return "'" + (printable.length() > SHOWN_MAX ? printable.substring(0, SHOWN_MAX) + "..." : printable) + "'";
    }
}
