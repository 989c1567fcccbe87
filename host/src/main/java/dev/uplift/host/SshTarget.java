/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

/**
 * Where a host is, and how both sides prove who they are.
 *
 * @param name under which it is registered
 * @param hostKey {@code SHA256:...}, or the key as in {@code known_hosts}
 * @param keyRef {@code file:/path} of the private key, on this machine and readable by nobody else
 */
public record SshTarget(String name, String address, int port, String user, String hostKey, String keyRef) {
    @Override
    public String toString() {
        return name + " (" + user + "@" + address + ":" + port + ")";
    }
}
