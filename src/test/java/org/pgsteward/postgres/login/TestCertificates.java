package org.pgsteward.postgres.login;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A certificate signed by its own authority, made with the JDK's keytool, only for the name {@code localhost}. */
final class TestCertificates {
    private static final String PASSWORD = "changeit";

    private final Path folder;

    private TestCertificates(Path folder) {
        this.folder = folder;
    }

    static TestCertificates in(Path folder) throws IOException, InterruptedException {
        TestCertificates made = new TestCertificates(folder);
        made.authority("authority");
        made.authority("other");
        made.keytool(
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-keystore",
                "server.p12");
        made.keytool("-certreq", "-alias", "server", "-keystore", "server.p12", "-file", "server.csr");
        made.keytool(
                "-gencert",
                "-alias",
                "authority",
                "-keystore",
                "authority.p12",
                "-infile",
                "server.csr",
                "-outfile",
                "server.pem",
                "-rfc",
                "-validity",
                "2",
                "-ext",
                "san=dns:localhost");
        made.keytool(
                "-importcert", "-noprompt", "-alias", "authority", "-keystore", "server.p12", "-file", "authority.pem");
        made.keytool("-importcert", "-noprompt", "-alias", "server", "-keystore", "server.p12", "-file", "server.pem");
        made.writeKey();
        return made;
    }

    private void authority(String name) throws IOException, InterruptedException {
        keytool(
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "bc=ca:true",
                "-keystore",
                name + ".p12");
        keytool("-exportcert", "-alias", name, "-keystore", name + ".p12", "-rfc", "-file", name + ".pem");
    }

    private void keytool(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-J-XX:TieredStopAtLevel=1"));
        command.addAll(List.of(arguments));
        if (List.of(arguments).contains("-keystore")) {
            command.addAll(List.of("-storepass", PASSWORD));
        }
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("keytool: " + said);
        }
    }

    private KeyStore server() throws IOException, GeneralSecurityException {
        return KeyStore.getInstance(folder.resolve("server.p12").toFile(), PASSWORD.toCharArray());
    }

    private void writeKey() throws IOException {
        try {
            byte[] key = server().getKey("server", PASSWORD.toCharArray()).getEncoded();
            Files.writeString(
                    folder.resolve("server.key"),
                    "-----BEGIN PRIVATE KEY-----\n" + Base64.getMimeEncoder().encodeToString(key)
                            + "\n-----END PRIVATE KEY-----\n");
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /** Returns the certificate of the authority that signed the server's certificate. */
    Path authority() {
        return folder.resolve("authority.pem");
    }

    /** Returns the certificate of an authority that signed no other certificate. */
    Path otherAuthority() {
        return folder.resolve("other.pem");
    }

    Path certificate() {
        return folder.resolve("server.pem");
    }

    Path key() {
        return folder.resolve("server.key");
    }

    /** Returns the TLS context of a server in Java. */
    SSLContext context() throws IOException {
        try {
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(server(), PASSWORD.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }
}
