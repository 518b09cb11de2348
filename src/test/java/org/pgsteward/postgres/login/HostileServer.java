package org.pgsteward.postgres.login;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * A server that answers in place of PostgreSQL. It keeps every byte that it receives, and handles a login as the test
 * defines.
 */
final class HostileServer implements Closeable {
    /** The reaction to the client's first packet. */
    @FunctionalInterface
    interface Behaviour {
        void answer(Talk talk) throws IOException;
    }

    private final ServerSocket listening;
    private final Optional<SSLContext> tls;
    private final Behaviour behaviour;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();

    HostileServer(Optional<SSLContext> tls, Behaviour behaviour) throws IOException {
        this.listening = new ServerSocket(0, 20, InetAddress.getLoopbackAddress());
        this.tls = tls;
        this.behaviour = behaviour;
        Thread thread = new Thread(this::accept, "hostile-server");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return listening.getLocalPort();
    }

    /** Returns everything that the clients have sent so far. */
    String received() {
        synchronized (received) {
            return received.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private void accept() {
        while (!listening.isClosed()) {
            try (Socket socket = listening.accept()) {
                socket.setSoTimeout(20_000);
                serve(socket);
            } catch (IOException e) {
                // The client closed the connection, as it should.
            }
        }
    }

    private void serve(Socket plain) throws IOException {
        Talk talk = new Talk(plain.getInputStream(), plain.getOutputStream());
        byte[] first = talk.startup();
        if (ByteBuffer.wrap(first).getInt() == 80877103) {
            talk.out.write(tls.isPresent() ? 'S' : 'N');
            if (tls.isPresent()) {
                SSLSocket socket = (SSLSocket) tls.get().getSocketFactory().createSocket(plain, null, true);
                socket.setUseClientMode(false);
                talk = new Talk(socket.getInputStream(), socket.getOutputStream());
            }
            first = talk.startup();
        }
        talk.startup = first;
        behaviour.answer(talk);
        talk.swallow();
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }

    /** One connection. */
    final class Talk {
        final DataInputStream in;
        final OutputStream out;

        /** The client's first packet, without its length. */
        byte[] startup = new byte[0];

        Talk(InputStream in, OutputStream out) {
            this.in = new DataInputStream(in);
            this.out = out;
        }

        private byte[] startup() throws IOException {
            byte[] body = new byte[in.readInt() - 4];
            in.readFully(body);
            keep(body);
            return body;
        }

        void request(int kind, byte[] body) throws IOException {
            message(
                    'R',
                    ByteBuffer.allocate(4 + body.length).putInt(kind).put(body).array());
        }

        void message(char type, byte[] body) throws IOException {
            out.write(ByteBuffer.allocate(5 + body.length)
                    .put((byte) type)
                    .putInt(4 + body.length)
                    .put(body)
                    .array());
            out.flush();
        }

        /** Reads the client's answer. */
        String answer() throws IOException {
            in.readByte();
            byte[] body = new byte[in.readInt() - 4];
            in.readFully(body);
            keep(body);
            return new String(body, StandardCharsets.UTF_8);
        }

        /** Performs a SCRAM exchange up to the client's proof, like a server that does not know the password. */
        void scramUpToProof(int iterations) throws IOException {
            request(10, "SCRAM-SHA-256\0\0".getBytes(StandardCharsets.US_ASCII));
            String first = answer();
            String nonce = first.substring(first.indexOf("r=") + 2);
            String salt = Base64.getEncoder().encodeToString(new byte[16]);
            request(11, ("r=" + nonce + "hostile,s=" + salt + ",i=" + iterations).getBytes(StandardCharsets.US_ASCII));
            answer();
        }

        /** Sends the messages of a server that has accepted a login. */
        void letIn() throws IOException {
            request(0, new byte[0]);
            message('S', "server_version\00015.0\0".getBytes(StandardCharsets.US_ASCII));
            message('S', "client_encoding\0UTF8\0".getBytes(StandardCharsets.US_ASCII));
            message('S', "standard_conforming_strings\0on\0".getBytes(StandardCharsets.US_ASCII));
            message('S', "integer_datetimes\0on\0".getBytes(StandardCharsets.US_ASCII));
            message('S', "DateStyle\0ISO, MDY\0".getBytes(StandardCharsets.US_ASCII));
            message('K', new byte[8]);
            message('Z', new byte[] {'I'});
        }

        private void swallow() throws IOException {
            byte[] piece = new byte[4096];
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                keep(java.util.Arrays.copyOf(piece, read));
            }
        }

        private void keep(byte[] bytes) {
            synchronized (received) {
                received.writeBytes(bytes);
            }
        }
    }
}
