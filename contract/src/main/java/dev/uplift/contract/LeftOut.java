/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

/**
 * A node that an upgrade has finished without, see {@link NodeFailure#FINISH_WITHOUT}: it is stopped, and kept from being
 * started by its host.
 *
 * @param detail why it did not start, in one line
 */
public record LeftOut(String node, ErrorCode code, String detail) {
    public LeftOut {
        Checks.text(node, "leftOut.node");
        Checks.present(code, "leftOut.code");
        Checks.text(detail, "leftOut.detail");
    }
}
