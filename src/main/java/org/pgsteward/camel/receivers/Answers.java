package org.pgsteward.camel.receivers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.mail.AuthenticationFailedException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.pgsteward.alert.Sender.NotTaken;

/**
 * Interpretation of the answer with which a service did not take a notification. A refusal lasts until the operator
 * changes a setting or a template (4xx such as 400, 401, 404; SMTP's 5yz). Any other failure is temporary. It may
 * contain the time of the next try: {@code Retry-After} (RFC 9110, 10.2.3: seconds or a date), or {@code retry_after}
 * in the JSON of Discord and Telegram (seconds).
 */
final class Answers {
    /** Temporary statuses among 4xx: Request Timeout, Too Early, Too Many Requests. */
    private static final Set<Integer> OF_THE_MOMENT = Set.of(408, 425, 429);

    private final ObjectMapper json;
    private final Redaction redaction;
    private final Clock clock;

    Answers(ObjectMapper json, Redaction redaction, Clock clock) {
        this.json = json;
        this.redaction = redaction;
        this.clock = clock;
    }

    NotTaken read(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < 20; depth++) {
            if (cause instanceof HttpOperationFailedException answer) {
                return http(answer);
            }
            if (cause instanceof AuthenticationFailedException
                    || (cause instanceof SMTPSendFailedException refused && refused.getReturnCode() >= 500)
                    || (cause instanceof SMTPAddressFailedException unknown && unknown.getReturnCode() >= 500)) {
                return NotTaken.refused(redaction.of(cause));
            }
            cause = cause.getCause();
        }
        return new NotTaken(redaction.of(failure));
    }

    private NotTaken http(HttpOperationFailedException answer) {
        int status = answer.getStatusCode();
        String body =
                answer.getResponseBody() == null ? "" : answer.getResponseBody().strip();
        String location = answer.getRedirectLocation() == null ? "" : ", redirect to " + answer.getRedirectLocation();
        String reason = redaction.of("HTTP status " + status + location + (body.isEmpty() ? "" : ": " + body));
        if (status / 100 == 4 && !OF_THE_MOMENT.contains(status)) {
            return NotTaken.refused(reason);
        }
        return retryAfter(answer, body)
                .map(wait -> NotTaken.forNow(reason, wait))
                .orElseGet(() -> new NotTaken(reason));
    }

    private Optional<Duration> retryAfter(HttpOperationFailedException answer, String body) {
        Map<String, String> headers = answer.getResponseHeaders();
        Optional<Duration> named = Optional.ofNullable(headers).stream()
                .flatMap(all -> all.entrySet().stream())
                .filter(header -> "Retry-After".equalsIgnoreCase(header.getKey()))
                .flatMap(header -> moment(header.getValue().strip()).stream())
                .findFirst();
        return named.or(() -> inDocument(body));
    }

    private Optional<Duration> moment(String value) {
        try {
            if (value.matches("\\d{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
            }
            ZonedDateTime date = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME);
            Duration wait = Duration.between(clock.instant(), date.toInstant());
            return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
        } catch (DateTimeException neither) {
            return Optional.empty();
        }
    }

    private Optional<Duration> inDocument(String body) {
        try {
            JsonNode document = json.readTree(body);
            JsonNode seconds =
                    document.has("retry_after") ? document.get("retry_after") : document.at("/parameters/retry_after");
            return seconds.isNumber() && seconds.asDouble() >= 0 && seconds.asDouble() < 1e9
                    ? Optional.of(Duration.ofMillis((long) Math.ceil(seconds.asDouble() * 1000)))
                    : Optional.empty();
        } catch (JsonProcessingException noDocument) {
            return Optional.empty();
        }
    }
}
