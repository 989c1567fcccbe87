/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.address;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.function.Predicate;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Resolves names to public addresses only. The HTTP client connects to the addresses that this returns
 * and asks nobody else, so that a name that changes its address between the check and the connection
 * gains nothing.
 */
public final class PublicAddresses implements DnsResolver {
    /** The ranges of RFC 6890 and its successors that no public server has, as first byte(s) and prefix length. */
    private static final int[][] SPECIAL_IPV4 = {
        {0, 0, 0, 8},
        {10, 0, 0, 8},
        {100, 64, 0, 10},
        {127, 0, 0, 8},
        {169, 254, 0, 16},
        {172, 16, 0, 12},
        {192, 0, 0, 24},
        {192, 0, 2, 24},
        {192, 88, 99, 24},
        {192, 168, 0, 16},
        {198, 18, 0, 15},
        {198, 51, 100, 24},
        {203, 0, 113, 24},
        {224, 0, 0, 4},
        {240, 0, 0, 4},
    };

    private final DnsResolver system;
    private final Predicate<InetAddress> acceptable;

    public PublicAddresses(DnsResolver system) {
        this(system, PublicAddresses::isPublic);
    }

    PublicAddresses(DnsResolver system, Predicate<InetAddress> acceptable) {
        this.system = system;
        this.acceptable = acceptable;
    }

    /** All addresses of {@code host}; refuses the host if any of them is not public. */
    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        InetAddress[] addresses = system.resolve(host);
        if (addresses == null || addresses.length == 0) {
            throw new UnknownHostException(host);
        }
        for (InetAddress address : addresses) {
            if (!acceptable.test(address)) {
                throw new AddressRefusedException(host + " is at " + address.getHostAddress()
                        + ", which is not a public address; if it is the operator's own server, its origin has to be"
                        + " in uplift.artifact.allowed-origins");
            }
        }
        return addresses;
    }

    @Override
    public String resolveCanonicalHostname(String host) {
        return host;
    }

    /** Whether an address belongs to the public Internet; false for all that stands for, or embeds, another one. */
    public static boolean isPublic(InetAddress address) {
        byte[] bytes = address.getAddress();
        return address instanceof Inet4Address ? isPublicIpv4(bytes) : isPublicIpv6(bytes);
    }

    private static boolean isPublicIpv4(byte[] bytes) {
        int value = unsigned(bytes[0]) << 24 | unsigned(bytes[1]) << 16 | unsigned(bytes[2]) << 8 | unsigned(bytes[3]);
        for (int[] range : SPECIAL_IPV4) {
            int network = range[0] << 24 | range[1] << 16 | range[2] << 8;
            if ((value ^ network) >>> (32 - range[3]) == 0) {
                return false;
            }
        }
        return true;
    }

    /** Only 2000::/3 is given out; of it, 2001::/23 holds Teredo, 2002::/16 is 6to4, two are documentation. */
    private static boolean isPublicIpv6(byte[] bytes) {
        int first = unsigned(bytes[0]) << 8 | unsigned(bytes[1]);
        int second = unsigned(bytes[2]) << 8 | unsigned(bytes[3]);
        boolean globalUnicast = first >>> 13 == 1;
        boolean special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8))
                || first == 0x2002
                || (first == 0x3fff && second < 0x1000);
        return globalUnicast && !special;
    }

    private static int unsigned(byte value) {
        return value & 0xff;
    }
}
