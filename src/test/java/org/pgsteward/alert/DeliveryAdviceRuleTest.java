package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class DeliveryAdviceRuleTest {
    private static final List<String> MAIL =
            List.of("PGSTEWARD_MAIL_HOST", "PGSTEWARD_MAIL_PASSWORD_FILE", "PGSTEWARD_MAIL_TO");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "UnknownHostException: x: Name or service not known | no address; correct it in PGSTEWARD_MAIL_HOST,",
                "HttpHostConnectException: Connect to http://x failed: Connection refused | nothing accepts the connection",
                "SocketTimeoutException: Read timed out | does not answer; check host and port in PGSTEWARD_MAIL_HOST, and",
                "no answer within 60 s | does not answer",
                "AuthenticationFailedException: 535 no | refuses the login; check user, password or token in PGSTEWARD_MAIL_PASSWORD_FILE",
                "HTTP status 401: invalid | refuses the login",
                "HTTP status 404: unknown webhook | does not know this address",
                "HTTP status 301, redirect to https://x | has moved",
                "HTTP status 400: too long | refuses the message",
                "HTTP status 429: slow down | limits the number",
                "HTTP status 502 | itself failed",
                "SunCertPathBuilderException: unable to find valid certification path | TLS failed",
                "MessagingException: STARTTLS is required but host does not support STARTTLS | offers no STARTTLS",
                "SMTPAddressFailedException: 550 no such user | refuses the sender or a recipient; check PGSTEWARD_MAIL_HOST, P",
                "AccessDeniedException: /box/x | cannot be written",
                "IllegalStateException: odd | check PGSTEWARD_MAIL_HOST, PGSTEWARD_MAIL_PASSWORD_FILE, PGSTEWARD_MAIL_TO, and the log",
            })
    void eachFailureHasItsNextStep(String reason, String step) {
        assertThat(DeliveryAdviceRule.step(reason, MAIL)).contains(step);
    }

    @Test
    void withoutSettingsItNamesTheRoute() {
        assertThat(DeliveryAdviceRule.step("HTTP status 404", List.of()))
                .isEqualTo("the server does not know this address; check address and token in the route of the"
                        + " receiver");
    }
}
