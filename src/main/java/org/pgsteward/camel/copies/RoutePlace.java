package org.pgsteward.camel.copies;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.component.direct.DirectConsumerNotAvailableException;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.copy.CopyPlace;
import org.pgsteward.backup.copy.Incoming;
import org.pgsteward.backup.copy.Outgoing;
import org.pgsteward.backup.store.CardOrigin;
import org.pgsteward.camel.RouteClient;
import org.pgsteward.camel.receivers.Redaction;
import org.pgsteward.io.Sha256;

/**
 * The other end of a target, through its route {@code copy-NAME}. The route gets the header {@code operation}, and the path
 * as {@code CamelFileName}; its folder and its last part are {@code CamelFileParent} and {@code CamelFileNameOnly}.
 *
 * <p>A shipped route passes each message to {@code copy:}, whose result is in the variable {@code answer}. An operator's
 * route with other components has steps for {@code put} and {@code get}, and perhaps for {@code remove} and {@code list}.
 * The body is the content. Then this class reads each file back and compares it.
 */
final class RoutePlace implements CopyPlace {
    private final String target;
    private final RouteClient routes;
    private final Redaction redaction;

    RoutePlace(String target, RouteClient routes, Redaction redaction) {
        this.target = target;
        this.routes = routes;
        this.redaction = redaction;
    }

    /** The result of a message. */
    private record Answer(@Nullable Object result, Exchange exchange) {
        /** Returns whether {@code copy:} carried out the operation. */
        boolean isByComponent() {
            return result != null;
        }

        <T> T as(Class<T> type) {
            return type.cast(java.util.Objects.requireNonNull(result));
        }
    }

    @Override
    public void begin(int copies) throws IOException, InterruptedException {
        send(Operation.BEGIN, "", null, Map.of(Operation.COPIES, copies));
    }

    @Override
    public Stored put(Outgoing file) throws IOException, InterruptedException {
        Answer answer;
        try (InputStream content = file.open()) {
            answer = send(Operation.PUT, file.path(), content, Map.of(Operation.FILE, file));
        }
        if (answer.isByComponent()) {
            return answer.as(Stored.class);
        }
        MessageDigest digest = Sha256.digest();
        try (InputStream back = new DigestInputStream(get(file.path()).content(), digest)) {
            back.transferTo(OutputStream.nullOutputStream());
        }
        String found = HexFormat.of().formatHex(digest.digest());
        if (!found.equals(file.sha256())) {
            throw new IOException("the file " + file.path() + " at the target has the SHA-256 " + found + " instead of "
                    + file.sha256());
        }
        return Stored.NOW;
    }

    @Override
    public void commit() throws IOException, InterruptedException {
        send(Operation.COMMIT, "", null, Map.of());
    }

    @Override
    public Incoming get(String path) throws IOException, InterruptedException {
        Answer answer = send(Operation.GET, path, null, Map.of());
        if (answer.isByComponent()) {
            return answer.as(Incoming.class);
        }
        InputStream content = answer.exchange().getMessage().getBody(InputStream.class);
        if (content == null) {
            throw new Unsupported("the route copy-" + target
                    + " returns no content for the operation 'get', so its copies cannot be compared");
        }
        return Incoming.asStored(content);
    }

    @Override
    public boolean has(String path) throws IOException, InterruptedException {
        Answer answer = send(Operation.HAS, path, null, Map.of());
        if (answer.isByComponent()) {
            return answer.as(Boolean.class);
        }
        try {
            return list().contains(path);
        } catch (Unsupported noList) {
            try (Incoming content = get(path)) {
                return content.content().read() >= 0;
            }
        }
    }

    @Override
    public void remove(String path) throws IOException, InterruptedException {
        send(Operation.REMOVE, path, null, Map.of());
    }

    @Override
    public Map<String, Optional<String>> removeSome(List<String> paths) throws IOException, InterruptedException {
        Answer answer = send(Operation.REMOVE_SOME, "", null, Map.of(Operation.PATHS, paths.toArray(String[]::new)));
        if (!answer.isByComponent()) {
            return CopyPlace.super.removeSome(paths);
        }
        Map<String, Optional<String>> handled = new HashMap<>();
        for (Map.Entry<?, ?> one : ((Map<?, ?>) answer.as(Map.class)).entrySet()) {
            handled.put(String.valueOf(one.getKey()), ((Optional<?>) one.getValue()).map(String::valueOf));
        }
        return handled;
    }

    @Override
    public List<String> list() throws IOException, InterruptedException {
        Answer answer = send(Operation.LIST, "", null, Map.of());
        Object found = answer.isByComponent()
                ? answer.result()
                : answer.exchange().getMessage().getBody();
        if (!(found instanceof Iterable<?> names)) {
            throw new Unsupported("the route copy-" + target
                    + " returns no list of names for the operation 'list', so its copies cannot be listed");
        }
        List<String> paths = new ArrayList<>();
        names.forEach(name -> paths.add(String.valueOf(name)));
        return paths;
    }

    @Override
    public Optional<Integer> manifests(Path folder) throws IOException, InterruptedException {
        Answer answer = send(Operation.MANIFESTS, "", null, Map.of(Operation.FOLDER, folder));
        return answer.isByComponent()
                ? ((Optional<?>) answer.as(Optional.class)).map(Integer.class::cast)
                : Optional.empty();
    }

    @Override
    public Optional<String> check() throws IOException, InterruptedException {
        Answer answer = send(Operation.CHECK, "", null, Map.of());
        return answer.isByComponent()
                ? ((Optional<?>) answer.as(Optional.class)).map(String.class::cast)
                : Optional.empty();
    }

    @Override
    public CardOrigin recovery(String name) throws IOException, InterruptedException {
        Answer answer = send(Operation.RECOVERY, "", null, Map.of(Operation.TARGET, name));
        return answer.isByComponent() ? answer.as(CardOrigin.class) : CardOrigin.unknown(name);
    }

    private Answer send(Operation operation, String path, @Nullable Object body, Map<String, Object> variables)
            throws IOException, InterruptedException {
        Map<String, Object> headers = new HashMap<>();
        headers.put(Operation.HEADER, operation.word());
        if (!path.isEmpty()) {
            headers.put(Exchange.FILE_NAME, path);
            headers.put(Exchange.FILE_NAME_ONLY, path.substring(path.lastIndexOf('/') + 1));
            headers.put(Exchange.FILE_PARENT, path.substring(0, Math.max(0, path.lastIndexOf('/'))));
        }
        Exchange sent = routes.ask(CopyRoutes.endpoint(target), body, headers, variables);
        if (sent.getException() != null) {
            throw failure(sent.getException());
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while " + target + " worked");
        }
        return new Answer(sent.getVariable(Operation.ANSWER), sent);
    }

    /** Returns the failure in one line without secrets. */
    private IOException failure(Exception thrown) throws InterruptedException {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof InterruptedException interrupted) {
                throw interrupted;
            }
            if (cause instanceof DirectConsumerNotAvailableException) {
                return new IOException("the target " + target + " is switched off", thrown);
            }
        }
        if (thrown instanceof Unsupported unsupported) {
            return unsupported;
        }
        return thrown instanceof IOException && thrown.getMessage() != null
                ? new IOException(redaction.of(thrown.getMessage()))
                : new IOException(redaction.of(thrown));
    }
}
