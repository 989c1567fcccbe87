/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.ErrorCode;
import dev.uplift.host.Launch;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.JavaRequirement;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Which Java of a node's host a version is started with. */
record JavaStart(NodeWork work, JarNode node) {
    /** What a version needs: by the profile, and by what the artifact itself was compiled for once it is there. */
    JavaRequirement requirement(ApplicationVersion version) {
        JavaRequirement requirement = work.profile().javaRequirement(version);
        Optional<Integer> compiledFor = work.command().artifact(node.spec()).map(Artifact::javaMin);
        return compiledFor.isPresent()
                        && version.equals(work.version(work.command().to()))
                ? requirement.atLeast(compiledFor.get())
                : requirement;
    }

    /** The artifact has a Java here that it runs on: found out while the old version still serves. */
    void require() throws IOException, InterruptedException {
        ApplicationVersion version = work.version(work.command().to());
        Launch launch = node.launch();
        List<String> commandLine = commandLine(launch, version);
        if (node.hasOwnCommandLine() && !commandLine.equals(launch.argv())) {
            throw StepFailure.refused(
                    ErrorCode.HOST_UNEXPECTED,
                    version + " needs " + requirement(version) + ", and " + node.place()
                            + " is started with an older one: have it started with " + commandLine.getFirst());
        }
    }

    /** The command line that starts this version with a Java that it runs on. */
    List<String> commandLine(Launch launch, ApplicationVersion version) throws InterruptedException {
        JavaRequirement java = requirement(version);
        return JavaPrograms.commandLine(node.host(), launch, java)
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        version + " needs " + java + ", which is not installed on this host"));
    }
}
