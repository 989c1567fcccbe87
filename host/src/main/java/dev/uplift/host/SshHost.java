/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.sshd.client.SshClient;

/**
 * A machine that is reached through SSH. Nothing of ours runs or is installed there: it needs an OpenSSH
 * server with SFTP and, for {@link #reach}, TCP forwarding, a POSIX shell, and what every Linux distribution
 * has: coreutils, findutils, grep, util-linux. The user that logs in is root or the application's own.
 */
public final class SshHost implements Host {
    private static final Duration FENCE_WAIT_MAX = Duration.ofSeconds(20);
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9/._-]+");
    private static final Duration QUICK = Duration.ofMinutes(1);

    private final SshTarget target;
    private final SshConnection connection;
    private final SshFiles files;
    private final SshProcesses processes;
    private volatile long uid = -1;

    /**
     * The host at this address; connects when it is first needed.
     *
     * @param client shared by all hosts
     * @param here has the file of the private key
     */
    SshHost(SshClient client, SshTarget target, Host here) {
        this.target = target;
        this.connection = new SshConnection(client, target, here);
        this.files = new SshFiles(connection);
        this.processes = new SshProcesses(connection, files);
    }

    @Override
    public String name() {
        return target.name();
    }

    @Override
    public SshFiles files() {
        return files;
    }

    @Override
    public HostProcesses processes() {
        return processes;
    }

    @Override
    public long uid() throws IOException {
        if (uid < 0) {
            uid = Long.parseLong(script(ShellScript.of("id -u\n"), QUICK).text().strip());
        }
        return uid;
    }

    @Override
    public Exec.Result run(Exec command) throws IOException {
        return RemoteCommand.result(
                command,
                script(
                        new ShellScript("set -e\n" + RemoteCommand.RUN, RemoteCommand.run(command)),
                        command.timeout().plus(QUICK)));
    }

    @Override
    public Conversation converse(List<String> words) throws IOException {
        if (!words.stream().allMatch(WORD.asMatchPredicate())) {
            throw new IllegalArgumentException("a word would need quotes: " + words);
        }
        return connection.converse(String.join(" ", words));
    }

    @Override
    public Fence fence(Path applicationDirectory) {
        return new SshFence(this, applicationDirectory, FENCE_WAIT_MAX);
    }

    @Override
    public InetSocketAddress reach(String host, int port) throws IOException {
        return connection.forward(host, port);
    }

    @Override
    public void close() {
        connection.close();
    }

    SshConnection.Ended script(ShellScript script, Duration timeout) throws IOException {
        return connection.run(script, timeout);
    }

    SshConnection.Standing stand(ShellScript script, Duration timeout) throws IOException {
        return connection.stand(script, timeout);
    }

    @Override
    public String toString() {
        return target.toString();
    }
}
