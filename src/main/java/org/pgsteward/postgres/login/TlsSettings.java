package org.pgsteward.postgres.login;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * The encryption of connections to PostgreSQL, and the trusted certificates.
 *
 * @param rootCertificates a PEM file; without it no certificate is checked, as in libpq
 */
public record TlsSettings(TlsMode mode, Optional<Path> rootCertificates) {
    public static final TlsSettings DEFAULT = new TlsSettings(TlsMode.PREFER, Optional.empty());

    private static final String MODE = "pgsteward.postgres.sslmode";
    private static final String ROOT = "pgsteward.postgres.sslrootcert";

    /** In bytes. A bundle of all public authorities has a quarter of it. */
    private static final int LARGEST = 1 << 20;

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if the mode requires a file and none is set
     */
    public TlsSettings {
        if (mode.needsRoot() && rootCertificates.isEmpty()) {
            throw new IllegalArgumentException(MODE + " is " + mode.word() + " and " + ROOT
                    + " is not set: set it to the PEM file of the authority that signed PostgreSQL's certificate");
        }
    }

    /** Returns whether the mode checks the server's certificate against the trusted ones. */
    boolean verifies() {
        return mode.needsRoot();
    }

    /**
     * Reads the certificates once, to find errors at the start.
     *
     * @throws IOException with the setting's name, if the file cannot be read or holds no certificate
     */
    public void check() throws IOException {
        if (mode != TlsMode.DISABLE && rootCertificates.isPresent()) {
            roots(rootCertificates.get());
        }
    }

    SSLContext context() throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    null, rootCertificates.isPresent() ? trusting(rootCertificates.get()) : ANY, new SecureRandom());
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot prepare TLS: " + e.getMessage(), e);
        }
    }

    private static TrustManager[] trusting(Path file) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int number = 0;
        for (Certificate root : roots(file)) {
            store.setCertificateEntry("root-" + number++, root);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static Collection<? extends Certificate> roots(Path file) throws IOException {
        try (InputStream stream = Files.newInputStream(file)) {
            byte[] pem = stream.readNBytes(LARGEST + 1);
            if (pem.length > LARGEST) {
                throw new IOException("it is larger than " + LARGEST + " bytes");
            }
            Collection<? extends Certificate> roots =
                    CertificateFactory.getInstance("X.509").generateCertificates(new java.io.ByteArrayInputStream(pem));
            if (roots.isEmpty()) {
                throw new IOException("it has no certificate in PEM format");
            }
            return roots;
        } catch (IOException | GeneralSecurityException e) {
            String cause = e instanceof java.nio.file.NoSuchFileException ? "the file does not exist" : e.getMessage();
            throw new IOException("cannot read the certificates of " + ROOT + " from " + file + ": " + cause, e);
        }
    }

    /**
     * Accepts any certificate, for the modes in which libpq checks none. SCRAM's channel binding still ties the login
     * to the server.
     */
    private static final TrustManager[] ANY = {
        new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String kind) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String kind) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        }
    };
}
