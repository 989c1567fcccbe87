/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.model.AuthConfig;
import com.github.dockerjava.api.model.AuthConfigurations;
import com.github.dockerjava.core.DockerClientConfig;
import com.github.dockerjava.core.RemoteApiVersion;
import com.github.dockerjava.core.SSLConfig;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * What docker-java must know to run commands. Its own configuration would read variables, files and logins of this
 * process's user besides.
 */
record EngineConfig(RemoteApiVersion api) implements DockerClientConfig {
    private static final ObjectMapper JSON = DockerClientConfig.getDefaultObjectMapper();

    /** The part of a path that names the API's version; empty while it is not known. */
    String prefix() {
        String part = api.asWebPathPart();
        return part.isEmpty() ? "" : "/" + part;
    }

    @Override
    public RemoteApiVersion getApiVersion() {
        return api;
    }

    @Override
    public ObjectMapper getObjectMapper() {
        return JSON;
    }

    /** Logins are given with each command. */
    @Override
    public @Nullable AuthConfig effectiveAuthConfig(String imageName) {
        return null;
    }

    @Override
    public AuthConfigurations getAuthConfigurations() {
        return new AuthConfigurations();
    }

    /** Not asked for: the transport knows the way. */
    @Override
    public URI getDockerHost() {
        throw new UnsupportedOperationException();
    }

    @Override
    @SuppressWarnings("deprecation")
    public @Nullable SSLConfig getSSLConfig() {
        return null;
    }

    @Override
    public @Nullable String getRegistryUsername() {
        return null;
    }

    @Override
    public @Nullable String getRegistryPassword() {
        return null;
    }

    @Override
    public @Nullable String getRegistryEmail() {
        return null;
    }

    @Override
    public @Nullable String getRegistryUrl() {
        return null;
    }
}
