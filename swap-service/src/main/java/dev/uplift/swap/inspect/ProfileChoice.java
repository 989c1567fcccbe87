/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static dev.uplift.swap.inspect.Refusals.refuse;

import dev.uplift.profile.JarEntries;
import dev.uplift.profile.Profile;
import dev.uplift.profile.Profiles;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Which application a JAR is. */
record ProfileChoice(Profiles profiles) {
    private static final int PROBLEMS_MAX = 5;

    /** The names of those that recognise a JAR; none recognise what is no JAR. */
    List<String> recognising(String jar, JarEntries entries) throws IOException {
        try {
            return profiles.recognise(jar, entries).stream().map(Profile::name).toList();
        } catch (ZipException e) {
            return List.of();
        }
    }

    /**
     * The profile of that name; of any name, the only one that recognises the JAR.
     *
     * @throws StepFailure if there is no such profile, or the name does not decide
     */
    Profile of(@Nullable String name, String jar, JarEntries entries) throws IOException {
        if (name != null) {
            Profile profile = profiles.byName(name)
                    .orElseThrow(() -> refuse("there is no profile '" + name + "'; there are "
                            + names(List.copyOf(profiles.all())) + problems()));
            if (!profile.recognises(jar, entries)) {
                throw refuse(jar + " is not " + profile.title() + ": its profile does not recognise the JAR");
            }
            return profile;
        }
        List<Profile> recognising = profiles.recognise(jar, entries);
        if (recognising.isEmpty()) {
            throw refuse(
                    "no profile recognises " + jar + "; there are " + names(List.copyOf(profiles.all())) + problems());
        }
        if (recognising.size() > 1) {
            throw refuse("several profiles recognise " + jar + ": " + names(recognising) + "; say which");
        }
        return recognising.getFirst();
    }

    /** Of files that do not count because of them. */
    private String problems() {
        return profiles.laterProblems().stream()
                .map(problem -> "; " + problem)
                .limit(PROBLEMS_MAX)
                .collect(Collectors.joining());
    }

    private static String names(List<Profile> profiles) {
        return String.join(", ", profiles.stream().map(Profile::name).toList());
    }
}
