package dev.uplift.swap.step;

import dev.uplift.contract.Progress;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.FencedException;
import dev.uplift.host.StateDirectory;
import dev.uplift.profile.SettingException;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.LaunchCapture;
import dev.uplift.swap.node.ProcessNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Directories that belong to a version although they lie outside its JAR, such as plug-ins that each
 * start unpacks. They are copied when the application stands still, and put back with the old version.
 * Those outside of the application's directory are left alone.
 */
final class Snapshots {
    private static final String DIRECTORY = "snapshots";

    private final StepWork work;
    private final ProcessNode node;

    Snapshots(StepWork work, ProcessNode node) {
        this.work = work;
        this.node = node;
    }

    /** Copies each directory, unless this saga has its copy already. */
    void keep() throws IOException, InterruptedException, FencedException, StepFailedException {
        for (String relative : directories()) {
            Path original = node.root().file(relative);
            Path copy = copy(relative);
            boolean missing = !node.host().files().exists(copy);
            if (missing && node.host().files().isDirectory(original)) {
                work.run().progress(Progress.of("keeping " + relative));
                work.take(node, SwapEffect.SWITCH_SNAPSHOT, held -> {
                    held.createDirectory(all(node), DurableFiles.OWNER_ONLY_DIRECTORY);
                    held.createDirectory(
                            all(node).resolve(work.command().sagaId().toString()), DurableFiles.OWNER_ONLY_DIRECTORY);
                    held.copyTree(original, copy);
                    return copy;
                });
            }
        }
    }

    /** Makes each directory that was copied what it was. */
    void putBack() throws IOException, InterruptedException, FencedException, StepFailedException {
        for (String relative : directories()) {
            Path original = node.root().file(relative);
            Path copy = copy(relative);
            if (node.host().files().isDirectory(copy)) {
                work.run().progress(Progress.of("putting back " + relative));
                work.take(node, SwapEffect.REVERT_SNAPSHOT, held -> {
                    held.replaceTree(copy, original);
                    return original;
                });
            }
        }
    }

    /** Where all copies of all sagas lie. */
    static Path all(ProcessNode node) throws IOException {
        return node.root().file(StateDirectory.NAME + "/" + DIRECTORY);
    }

    private Path copy(String relative) throws IOException {
        return node.root()
                .file(StateDirectory.NAME + "/" + DIRECTORY + "/"
                        + work.command().sagaId() + "/" + relative.replace('/', '+'));
    }

    private List<String> directories() throws IOException, StepFailedException {
        List<String> relative = new ArrayList<>();
        try {
            for (Path directory : work.profile().snapshotDirectories(LaunchCapture.view(node.host(), node.launch()))) {
                if (directory.startsWith(node.directory()) && !directory.equals(node.directory())) {
                    relative.add(node.directory().relativize(directory).toString());
                }
            }
        } catch (SettingException e) {
            throw StepFailedException.refused(
                    dev.uplift.contract.ErrorCode.HOST_UNEXPECTED, String.valueOf(e.getMessage()));
        }
        return relative;
    }
}
