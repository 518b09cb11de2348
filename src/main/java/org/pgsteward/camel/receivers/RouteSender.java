package org.pgsteward.camel.receivers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Clock;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeExtension;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.ProducerTemplate;
import org.pgsteward.alert.Sender;
import org.pgsteward.model.Notification;

/**
 * Sender that passes a notification to a receiver's route: as JSON in the body, and as a record in the variable {@code
 * notice}.
 */
final class RouteSender implements Sender {
    private final ProducerTemplate template;
    private final ObjectMapper json;
    private final Redaction redaction;
    private final Answers answers;

    RouteSender(CamelContext context, ObjectMapper json, Redaction redaction, Clock clock) {
        this.template = context.createProducerTemplate();
        this.json = json;
        this.redaction = redaction;
        this.answers = new Answers(json, redaction, clock);
    }

    @Override
    public void send(String receiver, Notification notice) throws NotTaken {
        Exchange exchange;
        try {
            String body = json.writeValueAsString(notice);
            exchange = template.send(Receivers.endpoint(receiver), prepared -> {
                prepared.setVariable("notice", notice);
                prepared.getMessage().setBody(body);
                prepared.getMessage().setHeader(Exchange.CONTENT_TYPE, "application/json");
                // The default is the platform's charset, which is ASCII in a container without a locale.
                prepared.setProperty(ExchangePropertyKey.CHARSET_NAME, "UTF-8");
            });
        } catch (JsonProcessingException | RuntimeException trouble) {
            throw new NotTaken(redaction.of(trouble));
        }
        Exception failure = exchange.getException();
        if (failure != null) {
            throw answers.read(failure);
        }
        // An error handler that marks exceptions as handled would turn each failure into a delivery.
        Throwable caught = exchange.getProperty(ExchangePropertyKey.EXCEPTION_CAUGHT, Throwable.class);
        ExchangeExtension state = exchange.getExchangeExtension();
        if (caught != null && state.isErrorHandlerHandledSet() && state.isErrorHandlerHandled()) {
            throw answers.read(caught);
        }
        if (exchange.isRollbackOnly()) {
            throw new NotTaken("the route of the receiver was rolled back");
        }
    }

    void close() {
        template.stop();
    }
}
