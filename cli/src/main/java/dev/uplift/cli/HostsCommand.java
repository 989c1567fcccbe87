/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.HostSpec;
import dev.uplift.contract.api.HostEntry;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "hosts",
        mixinStandardHelpOptions = true,
        description = "The hosts, besides the workers' own, that applications run on.",
        subcommands = {HostsCommand.AddHost.class, HostsCommand.ListHosts.class, HostsCommand.RemoveHost.class})
final class HostsCommand {
    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = {
                "Registers a host that the workers reach by SSH, or a Docker Engine that they reach by TLS.",
                "Keys stay where they are: the files are read by the workers, on their machine. The host's own key is "
                        + "pinned; a host that shows another one is refused."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ssh-keyscan web1.example.org | ssh-keygen -lf -   the fingerprint; compare it with the host's own",
                "  uplift hosts add web1 --address web1.example.org --user deploy \\",
                "      --host-key SHA256:... --key-file /etc/uplift/id_ed25519",
                "  uplift hosts add engine1 --docker-url https://engine1.example.org:2376 \\",
                "      --ca-file /etc/uplift/ca.pem --cert-file /etc/uplift/cert.pem --key-file /etc/uplift/key.pem"
            })
    static final class AddHost implements Callable<Integer> {
        @Mixin
        private ServerOptions server = new ServerOptions();

        @Parameters(paramLabel = "NAME", description = "What it is called from now on, such as web1.")
        private String name = "";

        @Option(names = "--site", paramLabel = "SITE", description = "Whose workers reach it. Default: default.")
        private @Nullable String site;

        @Option(names = "--address", paramLabel = "ADDRESS", description = "Its host name or IP address, for SSH.")
        private @Nullable String address;

        @Option(names = "--port", paramLabel = "PORT", defaultValue = "22", description = "Default: ${DEFAULT-VALUE}.")
        private int port;

        @Option(
                names = "--user",
                paramLabel = "USER",
                defaultValue = "root",
                description =
                        "To log in as: root, or the user that the application runs as. Default: ${DEFAULT-VALUE}.")
        private String user = "";

        @Option(
                names = "--host-key",
                paramLabel = "KEY",
                description = "The host's public key: SHA256:..., or type and key as in known_hosts.")
        private @Nullable String hostKey;

        @Option(
                names = "--docker-url",
                paramLabel = "URL",
                description = "Its Docker Engine, such as https://engine1.example.org:2376, instead of SSH.")
        private @Nullable URI dockerUrl;

        @Option(
                names = "--key-file",
                required = true,
                paramLabel = "FILE",
                description = "The private key to log in with, on the workers' machine.")
        private Path keyFile = Path.of("");

        @Option(names = "--cert-file", paramLabel = "FILE", description = "The client's certificate, for --docker-url.")
        private @Nullable Path certFile;

        @Option(
                names = "--ca-file",
                paramLabel = "FILE",
                description = "The certificate that the engine's own is signed with, for --docker-url.")
        private @Nullable Path caFile;

        @Option(names = "--replace", description = "Change a host that is registered already, such as its key.")
        private boolean replace;

        @Override
        public Integer call() {
            HostEntry entry;
            try {
                entry = new HostEntry(host(), site, null);
            } catch (IllegalArgumentException e) {
                throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()));
            }
            Api api = server.api();
            HostEntry added = replace ? api.replaceHost(entry) : api.addHost(entry);
            Output output = server.output();
            if (output.json()) {
                output.json(added);
            } else {
                output.line((replace ? "changed " : "added ") + name + ", at " + reach(added.host()));
            }
            return ExitCode.OK;
        }

        private HostSpec host() {
            if ((address == null) == (dockerUrl == null)) {
                throw new IllegalArgumentException("either --address or --docker-url is needed");
            }
            return address == null
                    ? new HostSpec.DockerTls(
                            name,
                            needed(dockerUrl, "--docker-url"),
                            reference(needed(caFile, "--ca-file")),
                            reference(needed(certFile, "--cert-file")),
                            reference(keyFile))
                    : new HostSpec.Ssh(name, address, port, user, needed(hostKey, "--host-key"), reference(keyFile));
        }

        private static String reference(Path file) {
            return "file:" + file.toAbsolutePath().normalize();
        }

        private static <T> T needed(@Nullable T value, String option) {
            if (value == null) {
                throw new IllegalArgumentException(option + " is missing");
            }
            return value;
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the hosts.")
    static final class ListHosts implements Callable<Integer> {
        @Mixin
        private ServerOptions server = new ServerOptions();

        @Override
        public Integer call() {
            List<HostEntry> hosts = server.api().hosts();
            Output output = server.output();
            if (output.json()) {
                hosts.forEach(output::json);
            } else {
                output.table(
                        List.of("NAME", "SITE", "REACHED BY", "KEY"),
                        hosts.stream()
                                .map(entry -> List.of(
                                        entry.host().name(),
                                        Output.orDash(entry.site()),
                                        reach(entry.host()),
                                        pinned(entry.host())))
                                .toList());
            }
            return ExitCode.OK;
        }

        private static String pinned(HostSpec host) {
            return switch (host) {
                case HostSpec.Ssh ssh -> ssh.hostKey();
                case HostSpec.DockerTls engine -> engine.caRef();
            };
        }
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Forgets a host that no installation is on. The host itself is not touched.")
    static final class RemoveHost implements Callable<Integer> {
        @Mixin
        private ServerOptions server = new ServerOptions();

        @Parameters(paramLabel = "NAME", description = "Its name.")
        private String name = "";

        @Override
        public Integer call() {
            server.api().removeHost(name);
            server.output().note("forgot host " + name);
            return ExitCode.OK;
        }
    }

    private static String reach(HostSpec host) {
        return switch (host) {
            case HostSpec.Ssh ssh -> ssh.user() + "@" + ssh.address() + ":" + ssh.port();
            case HostSpec.DockerTls engine -> engine.url().toString();
        };
    }
}
