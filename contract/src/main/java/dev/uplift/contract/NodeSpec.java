/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.net.URI;

/**
 * Where an installation runs, and how. What is needed to start it again, secrets included, is not here: it
 * stays on the host.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.EXISTING_PROPERTY, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = NodeSpec.JarProcess.class, name = "process"),
    @JsonSubTypes.Type(value = NodeSpec.Systemd.class, name = "systemd"),
    @JsonSubTypes.Type(value = NodeSpec.Docker.class, name = "docker")
})
public sealed interface NodeSpec {
    /** The host that the site's workers themselves run on. */
    String LOCAL = "local";

    /** Unique within the installation. */
    String name();

    /** How it is run; the same as the record's type. */
    NodeKind kind();

    /** {@link #LOCAL}, or the name of one of the installation's hosts. */
    String host();

    /** Where the node answers HTTP as its host sees it, without a trailing slash. */
    URI baseUrl();

    /** Whether both run the same artifact where they run the same release: a JAR, or an image of one repository. */
    default boolean sharesArtifact(NodeSpec other) {
        return switch (this) {
            case InDirectory _ -> other instanceof InDirectory;
            case Docker container ->
                other instanceof Docker another && another.image().equals(container.image());
        };
    }

    /** Whether both are the same place: one directory, or one container, of one host. */
    default boolean isAt(NodeSpec other) {
        return host().equals(other.host())
                && switch (this) {
                    case InDirectory node ->
                        other instanceof InDirectory another
                                && another.directory().equals(node.directory());
                    case Docker container ->
                        other instanceof Docker another && another.container().equals(container.container());
                };
    }

    /** A node that runs a JAR in a directory of its own. How to start it again is in the directory's {@code .uplift}. */
    sealed interface InDirectory extends NodeSpec {
        /** Absolute path of the application's working directory on the host. */
        String directory();

        /** File name of the application's JAR within {@link #directory}, as its command line names it. */
        String jar();
    }

    /** A JAR started by hand. */
    @JsonPropertyOrder({"name", "kind", "host"})
    record JarProcess(String name, String host, String directory, String jar, URI baseUrl)
            implements NodeSpec, InDirectory {
        public JarProcess {
            requireNode(name, host, baseUrl);
            Checks.text(directory, "node.directory");
            Checks.text(jar, "node.jar");
        }

        @Override
        @JsonProperty(access = JsonProperty.Access.READ_ONLY)
        public NodeKind kind() {
            return NodeKind.PROCESS;
        }
    }

    /**
     * A JAR started by systemd.
     *
     * @param unit full name of the unit, such as {@code metabase.service}
     */
    @JsonPropertyOrder({"name", "kind", "host"})
    record Systemd(String name, String host, String unit, String directory, String jar, URI baseUrl)
            implements NodeSpec, InDirectory {
        public Systemd {
            requireNode(name, host, baseUrl);
            Checks.unit(unit, "node.unit");
            Checks.text(directory, "node.directory");
            Checks.text(jar, "node.jar");
        }

        @Override
        @JsonProperty(access = JsonProperty.Access.READ_ONLY)
        public NodeKind kind() {
            return NodeKind.SYSTEMD;
        }
    }

    /**
     * A container.
     *
     * @param container its name, which the new one takes over
     * @param image the repository that its releases are in, without tag or digest, as people write it: with the
     *     registry, unless that is Docker Hub
     */
    @JsonPropertyOrder({"name", "kind", "host"})
    record Docker(String name, String host, String container, String image, URI baseUrl) implements NodeSpec {
        public Docker {
            requireNode(name, host, baseUrl);
            Checks.container(container, "node.container");
            image = Checks.repository(image, "node.image");
        }

        @Override
        @JsonProperty(access = JsonProperty.Access.READ_ONLY)
        public NodeKind kind() {
            return NodeKind.DOCKER;
        }
    }

    private static void requireNode(String name, String host, URI baseUrl) {
        Checks.text(name, "node.name");
        Checks.text(host, "node.host");
        if (!Checks.present(baseUrl, "node.baseUrl").isAbsolute()) {
            throw new IllegalArgumentException("node.baseUrl is not absolute");
        }
    }
}
