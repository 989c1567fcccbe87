/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.util.List;

/**
 * A node whose container belongs to a project of Docker Compose, and what has to be written in the project's files so
 * that the next recreation by compose does not bring the old version back.
 *
 * @param node its name
 * @param service as the files name it
 * @param files absolute paths as seen by whoever ran compose, which may have been on another machine; empty: not known
 * @param from every way in which the files may name the image that ran
 * @param to the image to write: its repository with a tag
 */
public record ComposedNode(
        String node, String project, String service, List<String> files, List<String> from, String to) {
    public ComposedNode {
        Checks.text(node, "composed.node");
        Checks.text(project, "composed.project");
        Checks.text(service, "composed.service");
        files = Checks.list(files, "composed.files");
        files.forEach(file -> Checks.text(file, "composed.files"));
        from = Checks.list(from, "composed.from");
        from.forEach(image -> Checks.text(image, "composed.from"));
        Checks.text(to, "composed.to");
    }
}
