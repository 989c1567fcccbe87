/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.FencedException;
import dev.uplift.host.HostFiles;
import dev.uplift.host.RegisteredRoot;
import dev.uplift.host.StateDirectory;
import dev.uplift.profile.SettingException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.LaunchSettings;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.worker.StepFailure;
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

    private final NodeWork work;
    private final JarNode node;
    private final HostFiles files;
    private final RegisteredRoot root;

    Snapshots(NodeWork work, JarNode node) {
        this.work = work;
        this.node = node;
        this.files = node.host().files();
        this.root = node.root();
    }

    /** Copies each directory, unless this saga has its copy already. */
    void keep() throws IOException, InterruptedException, FencedException {
        for (String relative : directories()) {
            Path original = root.file(relative);
            Path copy = copy(relative);
            if (!files.exists(copy) && files.isDirectory(original)) {
                work.run().progress(Progress.of("keeping " + relative));
                work.runFenced(SwapEffect.SWITCH_SNAPSHOT, held -> {
                    held.createDirectory(all(root), DurableFiles.OWNER_ONLY_DIRECTORY);
                    held.createDirectory(
                            all(root).resolve(work.command().sagaId().toString()), DurableFiles.OWNER_ONLY_DIRECTORY);
                    held.copyTree(original, copy);
                });
            }
        }
    }

    /** Makes each directory that was copied what it was. */
    void putBack() throws IOException, InterruptedException, FencedException {
        for (String relative : directories()) {
            Path original = root.file(relative);
            Path copy = copy(relative);
            if (files.isDirectory(copy)) {
                work.run().progress(Progress.of("putting back " + relative));
                work.runFenced(SwapEffect.REVERT_SNAPSHOT, held -> held.replaceTree(copy, original));
            }
        }
    }

    /** Where all copies of all sagas lie. */
    static Path all(RegisteredRoot root) throws IOException {
        return root.file(StateDirectory.NAME + "/" + DIRECTORY);
    }

    private Path copy(String relative) throws IOException {
        return root.file(StateDirectory.NAME + "/" + DIRECTORY + "/"
                + work.command().sagaId() + "/" + relative.replace('/', '+'));
    }

    private List<String> directories() throws IOException {
        List<String> relative = new ArrayList<>();
        try {
            for (Path directory : work.profile().snapshotDirectories(LaunchSettings.view(node.host(), node.launch()))) {
                if (directory.startsWith(root.path()) && !directory.equals(root.path())) {
                    relative.add(root.path().relativize(directory).toString());
                }
            }
        } catch (SettingException e) {
            throw StepFailure.refused(ErrorCode.HOST_UNEXPECTED, String.valueOf(e.getMessage()));
        }
        return relative;
    }
}
