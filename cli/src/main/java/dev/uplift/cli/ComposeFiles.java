/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.ComposedNode;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/**
 * Writes the image of what has been upgraded into the files of Docker Compose, on the machine and with the rights of
 * whoever gives the command. An image is exchanged only where the one that ran is named plainly; done again, it
 * changes nothing. What is left to the operator is said, and never changes how the command ends.
 */
final class ComposeFiles {
    @Option(
            names = "--update-compose-file",
            description =
                    "Of a container of Docker Compose that ends upgraded, write the new image in its compose file, if"
                            + " that is on this machine and names the old one plainly. Otherwise it is said what to write.")
    private boolean wanted;

    /** @throws CommandFailedException if the command does not wait for the end, after which alone there is something to write */
    void requireEnd(boolean waiting) {
        if (wanted && !waiting) {
            throw new CommandFailedException(
                    ExitCode.USAGE, "--update-compose-file writes at the end of an upgrade: leave out --no-wait");
        }
    }

    /** Does it for those that have completed, if it is wanted at all. */
    void update(Output output, List<UpgradeStatus> ended) {
        if (!wanted) {
            return;
        }
        for (UpgradeStatus upgrade : ended) {
            if (upgrade.state() == State.COMPLETED) {
                List<ComposedNode> nodes = composed(upgrade);
                nodes.forEach(node -> output.note("uplift: " + upgrade.installation() + ": " + update(upgrade, node)));
                if (nodes.isEmpty()) {
                    output.note("uplift: " + upgrade.installation() + ": no container of it is of Docker Compose");
                }
            }
        }
    }

    private static List<ComposedNode> composed(UpgradeStatus upgrade) {
        return outputs(upgrade)
                .flatMap(output ->
                        output instanceof StepOutput.NodesChecked nodes ? nodes.composed().stream() : Stream.empty())
                .toList();
    }

    /** Returns what has been done, or is to be done by hand and why. */
    private static String update(UpgradeStatus upgrade, ComposedNode node) {
        try {
            ComposeFile file = onlyFile(node);
            String before = file.content().imageOf(node.service()).orElseThrow();
            boolean ran = node.from().contains(before);
            String after =
                    ran || repository(before).equals(repository(node.to())) ? image(upgrade, node, before) : node.to();
            String where = "service " + node.service() + " in " + file.named();
            if (before.equals(after)) {
                return "image: " + after + " is written already for " + where;
            }
            if (!ran) {
                throw new ByHandException(
                        before.contains("$")
                                ? "the image there holds a variable: " + before
                                : "another image is there: " + before);
            }
            file.replace(file.content().withImage(node.service(), after));
            return "wrote image: " + after + " instead of " + before + " for " + where;
        } catch (ByHandException e) {
            String files = node.files().isEmpty() ? "its compose file" : String.join(", ", node.files());
            return "write image: " + node.to() + " for service " + node.service() + " in " + files
                    + " yourself, or the next recreation by compose brings "
                    + upgrade.from().version() + " back; " + e.reason();
        }
    }

    /** The one of the project's files that names the service's image: of several it would be compose's to say which counts. */
    private static ComposeFile onlyFile(ComposedNode node) throws ByHandException {
        if (node.files().isEmpty()) {
            throw new ByHandException("the container does not say where that is");
        }
        List<ComposeFile> naming = new ArrayList<>();
        for (String name : node.files()) {
            ComposeFile file = ComposeFile.read(Path.of(name));
            if (file.content().imageOf(node.service()).isPresent()) {
                naming.add(file);
            }
        }
        if (naming.isEmpty()) {
            throw new ByHandException("the service itself names no image there");
        }
        if (naming.size() > 1) {
            throw new ByHandException("more than one of them names it");
        }
        return naming.getFirst();
    }

    /** The new image written as the old one is: the repository by the same name, with a digest if that has one. */
    private static String image(UpgradeStatus upgrade, ComposedNode node, String before) throws ByHandException {
        String repository = repository(before);
        boolean pinned = before.contains("@");
        boolean tagged = before.startsWith(":", repository.length());
        return repository
                + (tagged || !pinned ? node.to().substring(repository(node.to()).length()) : "")
                + (pinned ? "@sha256:" + sha256(upgrade, node) : "");
    }

    /** An image without tag and digest. */
    private static String repository(String image) {
        String tagged = image.replaceFirst("@.*$", "");
        return tagged.replaceFirst(":[^:/]*$", "");
    }

    private static String sha256(UpgradeStatus upgrade, ComposedNode node) throws ByHandException {
        String repository = repository(node.to());
        return outputs(upgrade)
                .flatMap(output -> output instanceof StepOutput.ArtifactsFetched fetched
                        ? fetched.artifacts().stream()
                        : Stream.empty())
                .filter(artifact -> artifact.repository().equals(Optional.of(repository)))
                .map(Artifact::sha256)
                .findFirst()
                .or(() -> Optional.ofNullable(upgrade.to().images().get(repository)))
                .orElseThrow(() ->
                        new ByHandException("the image there has a digest, and that of the new one is not known"));
    }

    private static Stream<StepOutput> outputs(UpgradeStatus upgrade) {
        return upgrade.steps().stream().flatMap(step -> Optional.ofNullable(step.output()).stream());
    }
}
