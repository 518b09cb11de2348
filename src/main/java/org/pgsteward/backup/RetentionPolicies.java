package org.pgsteward.backup;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.backup.retention.ServicePolicies;

/**
 * How many backups are kept, of all and of each by itself. Made with its settings in {@code retention.camel.yaml}.
 *
 * <p>The services' own stand in one text, a line each: as names of properties Camel would take {@code app-test} for
 * {@code appTest}, and say nothing.
 */
public final class RetentionPolicies implements ServicePolicies {
    private Optional<RetentionPolicy> usual = Optional.empty();
    private final Map<String, RetentionPolicy> own = new HashMap<>();

    /** @param policy such as {@code last=3,daily=7}, for every service that says nothing else */
    public void setUsual(String policy) {
        usual = Optional.of(RetentionPolicy.parse("pgsteward.backup.keep", policy));
    }

    /**
     * @param lines such as {@code vikunja: last=10,daily=30}
     * @throws IllegalArgumentException when one cannot be read, or a service has two
     */
    public void setOwn(String lines) {
        lines.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(line -> {
            int colon = line.lastIndexOf(':');
            String service = colon < 0 ? "" : line.substring(0, colon).strip();
            if (service.isEmpty()) {
                throw new IllegalArgumentException(
                        "own has the line '" + line + "'; write it like vikunja: last=10,daily=30");
            }
            RetentionPolicy policy = RetentionPolicy.parse(
                    "own of " + service, line.substring(colon + 1).strip());
            if (own.put(service, policy) != null) {
                throw new IllegalArgumentException("own has two lines of " + service);
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
