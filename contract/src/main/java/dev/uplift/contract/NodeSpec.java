package dev.uplift.contract;

import java.net.URI;

/**
 * Where an installation runs. What is needed to start it again, secrets included, is not here: it
 * stays on the host, in the directory's {@code .uplift/launch.json}.
 *
 * @param name unique within the installation
 * @param host {@code local}: the host that the site's workers run on
 * @param directory absolute path of the application's working directory on the host
 * @param jar file name of the application's JAR within {@code directory}, as its command line names it
 * @param baseUrl where the node answers HTTP, without a trailing slash
 */
public record NodeSpec(String name, NodeKind kind, String host, String directory, String jar, URI baseUrl) {
    /** The host that the workers themselves run on. */
    public static final String LOCAL = "local";

    public NodeSpec {
        Checks.text(name, "node.name");
        Checks.present(kind, "node.kind");
        Checks.text(host, "node.host");
        Checks.text(directory, "node.directory");
        Checks.text(jar, "node.jar");
        if (!Checks.present(baseUrl, "node.baseUrl").isAbsolute()) {
            throw new IllegalArgumentException("node.baseUrl is not absolute");
        }
    }
}
