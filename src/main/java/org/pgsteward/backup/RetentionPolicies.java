package org.pgsteward.backup;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.backup.retention.ServicePolicies;

/**
 * The retention policies: the usual one, and those of single services. {@code retention.camel.yaml} creates it with its
 * settings.
 *
 * <p>The policies of single services are one text with a line each. As property names they would be ambiguous: Camel
 * silently reads {@code app-test} as {@code appTest}.
 */
public final class RetentionPolicies implements ServicePolicies {
    private Optional<RetentionPolicy> usual = Optional.empty();
    private final Map<String, RetentionPolicy> own = new HashMap<>();

    /** @param policy such as {@code last=3,daily=7}, for every service without a policy of its own */
    public void setUsual(String policy) {
        usual = Optional.of(RetentionPolicy.parse("pgsteward.backup.keep", policy));
    }

    /**
     * @param lines such as {@code vikunja: last=10,daily=30}
     * @throws IllegalArgumentException if a line cannot be parsed, or a service has two lines
     */
    public void setOwn(String lines) {
        lines.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(line -> {
            int colon = line.lastIndexOf(':');
            String service = colon < 0 ? "" : line.substring(0, colon).strip();
            if (service.isEmpty()) {
                throw new IllegalArgumentException(
                        "cannot parse the line '" + line + "' of own; write it like vikunja: last=10,daily=30");
            }
            RetentionPolicy policy = RetentionPolicy.parse(
                    "own of " + service, line.substring(colon + 1).strip());
            if (own.put(service, policy) != null) {
                throw new IllegalArgumentException("own has two lines for " + service);
            }
        });
    }

    @Override
    public RetentionPolicy usual() {
        return usual.orElseThrow(() -> new IllegalArgumentException("pgsteward.backup.keep is not set"));
    }

    @Override
    public Optional<RetentionPolicy> own(String service) {
        return Optional.ofNullable(own.get(service));
    }

    @Override
    public Set<String> services() {
        return own.keySet();
    }
}
