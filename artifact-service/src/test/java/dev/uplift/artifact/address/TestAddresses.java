/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.address;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.hc.client5.http.DnsResolver;

/** A resolver that takes 127.0.0.1 for public and all else for private, and answers the next address at each look-up. */
public final class TestAddresses implements DnsResolver {
    private final List<String> literals;
    private final List<String> lookUps = new CopyOnWriteArrayList<>();

    private TestAddresses(List<String> literals) {
        this.literals = literals;
    }

    /** One address for each look-up; the last one stays. */
    public static TestAddresses changing(String... literals) {
        return new TestAddresses(List.of(literals));
    }

    public PublicAddresses judged() {
        return new PublicAddresses(this, address -> address.getHostAddress().equals("127.0.0.1"));
    }

    /** Which hosts were looked up. */
    public List<String> lookUps() {
        return lookUps;
    }

    @Override
    public InetAddress[] resolve(String host) throws java.net.UnknownHostException {
        lookUps.add(host);
        return InetAddress.getAllByName(literals.get(Math.min(lookUps.size(), literals.size()) - 1));
    }

    @Override
    public String resolveCanonicalHostname(String host) {
        return host;
    }
}
