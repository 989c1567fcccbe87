/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import dev.uplift.profile.ProfileException.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/**
 * The profiles of a site: the built-in ones and the operator's own.
 *
 * <p>One that is put into the operator's directory later counts from the next question on. One that is changed or taken
 * away there counts with the next {@link #load}: nothing may change under an upgrade that is under way. Thread-safe.
 */
public final class Profiles {
    private static final System.Logger LOG = System.getLogger(Profiles.class.getName());
    private static final List<String> BUILT_IN = List.of("metabase.yaml", "spring-cloud-data-flow.yaml");
    private static final int FILE_CHARACTERS_MAX = 200_000;
    private static final int FILE_BYTES_MAX = 4 * FILE_CHARACTERS_MAX;
    private static final int NESTING_DEPTH_MAX = 20;

    private final NavigableMap<String, Profile> byName;

    /** From which of the operator's files each was read, by its name. */
    private final Map<String, Path> places;

    private final Optional<Path> directory;
    private Map<Path, Stamp> seen;
    private List<Problem> laterProblems = List.of();

    private Profiles(
            NavigableMap<String, Profile> byName,
            Map<String, Path> places,
            Optional<Path> directory,
            Map<Path, Stamp> seen) {
        this.byName = byName;
        this.places = places;
        this.directory = directory;
        this.seen = seen;
    }

    /** Changes whenever a file is written. */
    private record Stamp(
            FileTime modifiedAt, long sizeBytes, @Nullable Object file) {}

    /**
     * Reads the built-in profiles and each {@code *.yaml} of the operator's directory, in the order of
     * their file names. An operator's profile takes the place of a built-in one of the same name; two of
     * the operator's with one name are refused. A directory that does not exist is taken for empty.
     *
     * @throws ProfileException with all problems of all files
     */
    public static Profiles load(Optional<Path> operatorDirectory) throws ProfileException {
        List<Problem> problems = new ArrayList<>();
        NavigableMap<String, Profile> byName = new TreeMap<>();
        Map<Path, Stamp> seen = operatorDirectory.map(Profiles::stamps).orElse(Map.of());
        for (String file : BUILT_IN) {
            read(file, builtIn(file), problems).ifPresent(profile -> byName.put(profile.name(), profile));
        }
        Map<String, Path> places = new HashMap<>();
        byName.putAll(own(
                operatorDirectory.map(directory -> files(directory, problems)).orElse(List.of()), places, problems));
        if (!problems.isEmpty()) {
            throw new ProfileException(problems);
        }
        return new Profiles(byName, places, operatorDirectory, seen);
    }

    /**
     * Those of the operator's files by their names; of two with one name the first.
     *
     * @param places by names, the files that were the first before, to which those that are it now are added
     */
    private static Map<String, Profile> own(Collection<Path> files, Map<String, Path> places, List<Problem> problems) {
        Map<String, Profile> own = new HashMap<>();
        for (Path file : files) {
            read(file, problems).ifPresent(profile -> {
                Path first = places.putIfAbsent(profile.name(), file);
                if (first == null || first.equals(file)) {
                    own.put(profile.name(), profile);
                } else {
                    problems.add(new Problem(
                            file.toString(),
                            0,
                            "name",
                            profile.name() + " is the name in " + first.getFileName() + " too"));
                }
            });
        }
        return own;
    }

    /**
     * Reads one file, such as one that is not installed yet.
     *
     * @throws ProfileException with all its problems
     */
    public static Profile check(Path file) throws ProfileException {
        List<Problem> problems = new ArrayList<>();
        Optional<Profile> profile = read(file, problems);
        return profile.orElseThrow(() -> new ProfileException(problems));
    }

    /**
     * Reads one document.
     *
     * @param file what to call it in problems
     * @throws ProfileException with all its problems
     */
    public static Profile parse(String file, String yaml) throws ProfileException {
        List<Problem> problems = new ArrayList<>();
        Optional<Profile> profile = read(file, yaml, problems);
        return profile.orElseThrow(() -> new ProfileException(problems));
    }

    public Optional<Profile> byName(String name) {
        return Optional.ofNullable(known().get(name));
    }

    /** In the order of their names. */
    public Collection<Profile> all() {
        return List.copyOf(known().values());
    }

    /** What is wrong with files that were put into the operator's directory since these were loaded. */
    public synchronized List<Problem> laterProblems() {
        return laterProblems;
    }

    /** All that count now, also those that have come since the last question. */
    private synchronized NavigableMap<String, Profile> known() {
        Map<Path, Stamp> now = directory.map(Profiles::stamps).orElse(Map.of());
        if (!now.equals(seen)) {
            seen = now;
            List<Problem> problems = new ArrayList<>();
            places.values().retainAll(now.keySet());
            own(new TreeSet<>(now.keySet()), places, problems).forEach(byName::putIfAbsent);
            problems.stream()
                    .filter(problem -> !laterProblems.contains(problem))
                    .forEach(problem -> LOG.log(System.Logger.Level.WARNING, "a profile is not used: " + problem));
            laterProblems = List.copyOf(problems);
        }
        return new TreeMap<>(byName);
    }

    /** Of the files of a directory; empty if it cannot be listed. */
    private static Map<Path, Stamp> stamps(Path directory) {
        Map<Path, Stamp> stamps = new HashMap<>();
        for (Path file : files(directory, new ArrayList<>())) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                stamps.put(file, new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey()));
            } catch (IOException e) {
                // It has been taken away meanwhile.
            }
        }
        return stamps;
    }

    /** Those that take a JAR for their application's; one is what a caller hopes for. */
    public List<Profile> recognise(String jarName, JarEntries entries) throws IOException {
        List<Profile> found = new ArrayList<>();
        for (Profile profile : known().values()) {
            if (profile.recognises(jarName, entries)) {
                found.add(profile);
            }
        }
        return found;
    }

    private static Optional<Profile> read(Path file, List<Problem> found) {
        try {
            return read(file.toString(), text(file), found);
        } catch (CharacterCodingException e) {
            found.add(new Problem(file.toString(), 0, "", "is not text in UTF-8"));
        } catch (IOException e) {
            found.add(new Problem(file.toString(), 0, "", "cannot be read: " + e));
        }
        return Optional.empty();
    }

    /** A device or a pipe is no file: it may never end, or never begin. */
    private static String text(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException("it is not a regular file");
        }
        try (InputStream stream = Files.newInputStream(file)) {
            byte[] bytes = stream.readNBytes(FILE_BYTES_MAX + 1);
            if (bytes.length > FILE_BYTES_MAX) {
                throw new IOException("it has more than " + FILE_BYTES_MAX + " bytes");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        }
    }

    private static Optional<Profile> read(String file, String yaml, List<Problem> found) {
        Problems problems = new Problems(file);
        Optional<Profile> profile = document(problems, yaml).map(document -> ProfileReader.read(problems, document));
        found.addAll(problems.found());
        return problems.none() ? profile : Optional.empty();
    }

    private static Optional<Node> document(Problems problems, String yaml) {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(FILE_CHARACTERS_MAX);
        options.setNestingDepthLimit(NESTING_DEPTH_MAX);
        try {
            Optional<Node> document = Optional.ofNullable(new Yaml(options).compose(new StringReader(yaml)));
            if (document.isEmpty()) {
                problems.add(0, "", "is empty");
            }
            return document;
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
            problems.add(line, "", "is not YAML: " + e.getProblem());
        } catch (YAMLException e) {
            problems.add(
                    0,
                    "",
                    "is not YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
        return Optional.empty();
    }

    private static List<Path> files(Path directory, List<Problem> problems) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, "*.yaml")) {
            stream.forEach(files::add);
        } catch (IOException | DirectoryIteratorException e) {
            problems.add(new Problem(directory.toString(), 0, "", "cannot be listed: " + e));
        }
        files.sort(null);
        return files;
    }

    private static String builtIn(String file) {
        try (InputStream stream = Profiles.class.getResourceAsStream("/profiles/" + file)) {
            if (stream == null) {
                throw new IllegalStateException("the built-in profile " + file + " is missing");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("the built-in profile " + file + " cannot be read", e);
        }
    }
}
