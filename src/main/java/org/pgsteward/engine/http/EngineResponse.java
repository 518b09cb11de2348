package org.pgsteward.engine.http;

import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.ReadableByteChannel;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A response whose body is read while it arrives. A close by any thread ends the connection and a blocked read. */
final class EngineResponse implements DockerHttpClient.Response {
    private final ReadableByteChannel connection;
    private final ResponseHead head;
    private final Body body;

    private EngineResponse(ReadableByteChannel connection, ResponseHead head, Content content) {
        this.connection = connection;
        this.head = head;
        this.body = new Body(content);
    }

    /** Waits for the head of the response. */
    static EngineResponse read(ReadableByteChannel connection) throws IOException {
        Incoming incoming = new Incoming(connection);
        ResponseHead head = ResponseHead.read(incoming);
        return new EngineResponse(connection, head, Content.of(head, incoming));
    }

    @Override
    public int getStatusCode() {
        return head.status();
    }

    /** Returns the header fields; the names may be in any case. */
    @Override
    public Map<String, List<String>> getHeaders() {
        return head.headers();
    }

    @Override
    public InputStream getBody() {
        return body;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close a connection to the Docker Engine", e);
        }
    }

    private final class Body extends InputStream {
        private final Content content;

        Body(Content content) {
            this.content = content;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            Objects.checkFromIndexSize(from, length, into.length);
            if (length == 0) {
                return 0;
            }
            try {
                return content.read(into, from, length);
            } catch (IOException e) {
                // A further read would interpret bytes from the wrong place.
                connection.close();
                throw e;
            }
        }

        @Override
        public void close() {
            EngineResponse.this.close();
        }
    }
}
