/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import dev.uplift.host.Conversation;
import dev.uplift.host.Exec;
import dev.uplift.host.Fence;
import dev.uplift.host.Host;
import dev.uplift.host.HostFiles;
import dev.uplift.host.HostProcesses;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A host that looks for its programs in these directories. */
record HostWithPath(Host host, String path) implements Host {
    @Override
    public Exec.Result run(Exec command) throws IOException, InterruptedException {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("PATH", path);
        return host.run(new Exec(
                command.argv(),
                command.directory(),
                environment,
                command.input(),
                command.timeout(),
                command.outputBytesMax()));
    }

    @Override
    public String name() {
        return host.name();
    }

    @Override
    public HostFiles files() {
        return host.files();
    }

    @Override
    public HostProcesses processes() {
        return host.processes();
    }

    @Override
    public long uid() throws IOException {
        return host.uid();
    }

    @Override
    public Conversation converse(List<String> words) throws IOException {
        return host.converse(words);
    }

    @Override
    public Fence fence(Path applicationDirectory) {
        return host.fence(applicationDirectory);
    }

    @Override
    public InetSocketAddress reach(String name, int port) throws IOException {
        return host.reach(name, port);
    }

    @Override
    public void close() {
        host.close();
    }
}
