package org.pgsteward.camel.copies;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;
import org.pgsteward.backup.copy.CopyPlace;
import org.pgsteward.backup.copy.Outgoing;

/** Producer that carries out the operation of a message, and puts its result into the variable {@code answer}. */
final class CopyProducer extends DefaultProducer {
    private final CopyComponent.Kind kind;

    CopyProducer(CopyEndpoint endpoint, CopyComponent.Kind kind) {
        super(endpoint);
        this.kind = kind;
    }

    @Override
    public void process(Exchange exchange) throws IOException, InterruptedException {
        String word = String.valueOf(exchange.getIn().getHeader(Operation.HEADER));
        Operation operation = Operation.of(word)
                .orElseThrow(() -> new IllegalArgumentException(
                        "the header '" + Operation.HEADER + "' is '" + word + "', which no target knows"));
        exchange.setVariable(Operation.ANSWER, answer(operation, kind.place(exchange), exchange));
    }

    private static Object answer(Operation operation, CopyPlace place, Exchange exchange)
            throws IOException, InterruptedException {
        String path = exchange.getIn().getHeader(Exchange.FILE_NAME, "", String.class);
        switch (operation) {
            case BEGIN -> place.begin(exchange.getVariable(Operation.COPIES, Integer.class));
            case COMMIT -> place.commit();
            case REMOVE -> place.remove(path);
            case REMOVE_SOME -> {
                return place.removeSome(List.of(exchange.getVariable(Operation.PATHS, String[].class)));
            }
            case PUT -> {
                return place.put(exchange.getVariable(Operation.FILE, Outgoing.class));
            }
            case GET -> {
                return place.get(path);
            }
            case HAS -> {
                return place.has(path);
            }
            case LIST -> {
                return place.list();
            }
            case MANIFESTS -> {
                return place.manifests(exchange.getVariable(Operation.FOLDER, Path.class));
            }
            case CHECK -> {
                return place.check();
            }
            case RECOVERY -> {
                return place.recovery(exchange.getVariable(Operation.TARGET, String.class));
            }
        }
        return Operation.DONE;
    }
}
