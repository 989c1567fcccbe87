/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.github.dockerjava.transport.SSLConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Makes a TLS context of the PEM files that {@code docker --tlsverify} takes: CA, certificate, key. */
final class TlsFiles implements SSLConfig {
    private static final Pattern PKCS8 =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final Pattern ANY_KEY = Pattern.compile("-----BEGIN [A-Z ]*PRIVATE KEY-----");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");
    private static final char[] NO_PASSWORD = new char[0];

    private final SSLContext context;

    private TlsFiles(SSLContext context) {
        this.context = context;
    }

    /**
     * Reads the files once.
     *
     * @throws DockerException naming the file that cannot be used and what to do about it
     */
    static TlsFiles read(DockerEndpoint.Tls tls) throws IOException {
        try {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int count = 0;
            for (Certificate certificate : certificates(tls.ca())) {
                trusted.setCertificateEntry("ca" + count++, certificate);
            }
            KeyStore own = KeyStore.getInstance(KeyStore.getDefaultType());
            own.load(null, null);
            Certificate[] chain = certificates(tls.certificate()).toArray(new Certificate[0]);
            own.setKeyEntry("client", key(tls.key()), NO_PASSWORD, chain);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, NO_PASSWORD);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return new TlsFiles(context);
        } catch (GeneralSecurityException e) {
            throw new DockerException(
                    "the certificates for " + tls.name() + " cannot be used (" + e.getMessage() + ")", e);
        }
    }

    @Override
    public SSLContext getSSLContext() {
        return context;
    }

    private static Collection<? extends Certificate> certificates(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (certificates.isEmpty()) {
                throw new DockerException(file + " holds no certificate");
            }
            return certificates;
        } catch (NoSuchFileException e) {
            throw new DockerException(file + " does not exist", e);
        } catch (GeneralSecurityException e) {
            throw new DockerException(file + " is no PEM file of certificates", e);
        }
    }

    private static PrivateKey key(Path file) throws IOException {
        String text;
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS);
            if (permissions.contains(PosixFilePermission.GROUP_READ)
                    || permissions.contains(PosixFilePermission.OTHERS_READ)) {
                throw new DockerException(file + " can be read by others than its owner: chmod 600 " + file);
            }
            text = Files.readString(file, StandardCharsets.US_ASCII);
        } catch (NoSuchFileException e) {
            throw new DockerException(file + " does not exist", e);
        }
        Matcher pkcs8 = PKCS8.matcher(text);
        if (!pkcs8.find()) {
            throw new DockerException(
                    ANY_KEY.matcher(text).find()
                            ? file + " is encrypted or of an old form; convert it: openssl pkcs8 -topk8 -nocrypt -in "
                                    + file + " -out NEW"
                            : file + " holds no private key");
        }
        PKCS8EncodedKeySpec spec =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pkcs8.group(1)));
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException _) {
                // of another algorithm
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
        throw new DockerException(file + " is a key of a kind that is not known here; RSA and EC are");
    }
}
