/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Every option that an operator can give a container on Engine 20.10, as the fragments of a create request. None
 * has the value that the test's images give it, because such a one cannot be told from an inherited one.
 *
 * @param firstNetwork with subnet 10.211.0.0/24
 * @param secondNetwork with subnet 10.212.0.0/24
 */
record EveryOption(String firstNetwork, String secondNetwork, String volume, String neighbour) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** All of them together. */
    ObjectNode all() throws Exception {
        ObjectNode body = TestEngine.JSON.objectNode();
        for (String fragment : fragments()) {
            merge(body, JSON.readTree(fragment));
        }
        return body;
    }

    /** Some of them. */
    ObjectNode some(Random random) throws Exception {
        ObjectNode body = TestEngine.JSON.objectNode();
        for (String fragment : fragments()) {
            if (random.nextInt(3) == 0) {
                merge(body, JSON.readTree(fragment));
            }
        }
        return body;
    }

    private List<String> fragments() {
        String text = """
                {"Hostname": "reports", "Domainname": "example.com"}
                {"User": "1234:1234"}
                {"AttachStdout": true, "AttachStderr": true}
                {"ExposedPorts": {"7777/udp": {}}}
                {"Tty": true}
                {"AttachStdin": true, "OpenStdin": true, "StdinOnce": true}
                {"Env": ["OWN=1", "SHARED=operator", "EMPTY=", "UNSET", "EQUALS=a=b c", "UML=\\u00e4 \\u2713"]}
                {"Cmd": ["own", "command with spaces"]}
                {"Entrypoint": ["/bin/sh", "-c"], "Cmd": ["sleep 1"]}
                {"Healthcheck": {"Test": ["CMD-SHELL", "own-check"], "Interval": 7000000000, "Retries": 9}}
                {"Volumes": {"/own-nameless": {}}}
                {"WorkingDir": "/home"}
                {"MacAddress": "02:42:0a:d3:00:63"}
                {"Labels": {"own": "1", "shared": "operator", "com.docker.compose.project": "shop"}}
                {"StopSignal": "SIGINT"}
                {"StopTimeout": 77}
                {"HostConfig": {"CpuShares": 512, "Memory": 134217728, "MemorySwap": 268435456, "MemorySwappiness": 10}}
                {"HostConfig": {"MemoryReservation": 67108864}}
                {"HostConfig": {"CgroupParent": "/uplift-test"}}
                {"HostConfig": {"BlkioWeight": 300}}
                {"HostConfig": {"BlkioDeviceReadBps": [{"Path": "/dev/null", "Rate": 1000000}]}}
                {"HostConfig": {"CpuPeriod": 50000, "CpuQuota": 20000}}
                {"HostConfig": {"CpusetCpus": "0", "CpusetMems": "0"}}
                {"HostConfig": {"Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/xnull",\
                 "CgroupPermissions": "rw"}]}}
                {"HostConfig": {"DeviceCgroupRules": ["c 42:* rmw"]}}
                {"HostConfig": {"DeviceRequests": [{"Driver": "nvidia", "Count": 1, "Capabilities": [["gpu"]]}]}}
                {"HostConfig": {"OomKillDisable": true, "OomScoreAdj": -500}}
                {"HostConfig": {"Init": true}}
                {"HostConfig": {"PidsLimit": 200}}
                {"HostConfig": {"Ulimits": [{"Name": "nofile", "Soft": 1000, "Hard": 2000}]}}
                {"HostConfig": {"Binds": ["/etc:/host-etc:ro,rslave", "VOLUME:/named:ro"]}}
                {"HostConfig": {"ContainerIDFile": "/tmp/own.cid"}}
                {"HostConfig": {"LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "tag": "{{.Name}}"}}}}
                {"HostConfig": {"PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18080"}],\
                 "9999/tcp": [{"HostIp": "", "HostPort": ""}]}}}
                {"HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}}}
                {"HostConfig": {"Mounts": [{"Type": "tmpfs", "Target": "/mounted-tmpfs",\
                 "TmpfsOptions": {"SizeBytes": 1048576, "Mode": 448}},\
                 {"Type": "volume", "Source": "VOLUME", "Target": "/mounted", "VolumeOptions": {"NoCopy": true}},\
                 {"Type": "volume", "Target": "/mounted-nameless"},\
                 {"Type": "bind", "Source": "/usr", "Target": "/host-usr", "ReadOnly": true,\
                 "BindOptions": {"Propagation": "rslave"}}]}}
                {"HostConfig": {"VolumesFrom": ["NEIGHBOUR:ro"]}}
                {"HostConfig": {"CapAdd": ["NET_ADMIN"], "CapDrop": ["MKNOD"]}}
                {"HostConfig": {"Dns": ["192.0.2.1", "192.0.2.2"], "DnsOptions": ["ndots:2"], "DnsSearch": ["example.com"]}}
                {"HostConfig": {"ExtraHosts": ["database:192.0.2.9"]}}
                {"HostConfig": {"GroupAdd": ["2000", "audio"]}}
                {"HostConfig": {"IpcMode": "shareable"}}
                {"HostConfig": {"PidMode": "host"}}
                {"HostConfig": {"Privileged": true}}
                {"HostConfig": {"PublishAllPorts": true}}
                {"HostConfig": {"ReadonlyRootfs": true}}
                {"HostConfig": {"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}}
                {"HostConfig": {"Tmpfs": {"/own-tmpfs": "rw,size=64k"}}}
                {"HostConfig": {"UTSMode": ""}}
                {"HostConfig": {"UsernsMode": "host"}}
                {"HostConfig": {"ShmSize": 33554432}}
                {"HostConfig": {"Sysctls": {"net.ipv4.ip_forward": "1"}}}
                {"HostConfig": {"Runtime": "io.containerd.runc.v2"}}
                {"HostConfig": {"CgroupnsMode": "private"}}
                {"HostConfig": {"MaskedPaths": ["/proc/own"], "ReadonlyPaths": ["/proc/own-ro"]}}
                {"HostConfig": {"NetworkMode": "FIRST"}, "NetworkingConfig": {"EndpointsConfig": {"FIRST":\
                 {"IPAMConfig": {"IPv4Address": "10.211.0.77"}, "Aliases": ["web", "reports"],\
                 "Links": ["NEIGHBOUR:other"], "DriverOpts": {"com.example.option": "1"}}}}}
                """;
        String named = text.replace("FIRST", firstNetwork)
                .replace("SECOND", secondNetwork)
                .replace("VOLUME", volume)
                .replace("NEIGHBOUR", neighbour);
        return new ArrayList<>(Arrays.asList(named.strip().split("\n")));
    }

    private static void merge(ObjectNode into, JsonNode fragment) {
        fragment.properties().forEach(field -> {
            if (into.get(field.getKey()) instanceof ObjectNode object
                    && field.getValue().isObject()) {
                merge(object, field.getValue());
            } else {
                into.set(field.getKey(), field.getValue().deepCopy());
            }
        });
    }
}
