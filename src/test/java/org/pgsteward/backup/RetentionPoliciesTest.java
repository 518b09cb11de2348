package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class RetentionPoliciesTest {
    private final RetentionPolicies policies = new RetentionPolicies();

    @Test
    void aServiceOfAnyNameMayHaveItsOwnPolicy() {
        policies.setUsual("last=1");
        policies.setOwn("app-test: last=2\n\n  My App: daily=3\na:b : last=4,daily=5\n_globals:last=6\n");

        assertThat(policies.own("app-test")).hasToString("Optional[last=2]");
        assertThat(policies.own("My App")).hasToString("Optional[daily=3]");
        assertThat(policies.own("a:b")).hasToString("Optional[last=4,daily=5]");
        assertThat(policies.own("_globals")).hasToString("Optional[last=6]");
        assertThat(policies.own("app")).isEmpty();
        assertThat(policies.usual()).hasToString("last=1");
        assertThat(policies.services()).containsExactlyInAnyOrder("app-test", "My App", "a:b", "_globals");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "app last=2                | cannot parse the line 'app last=2' of own; write it like vikunja: last=10,daily=30",
                ": last=2                  | cannot parse the line ': last=2' of own",
                "app: last=0               | own of app is 'last=0': it keeps 0 backups",
                "app:                      | own of app is ''",
                "app: last=1\\napp: last=2 | own has two lines for app"
            })
    void aLineThatCannotBeReadIsRefused(String lines, String because) {
        assertThatThrownBy(() -> policies.setOwn(lines.replace("\\n", "\n")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(because);
    }

    @Test
    void aMissingDefaultPolicyIsAnError() {
        assertThatThrownBy(policies::usual).hasMessage("pgsteward.backup.keep is not set");
    }
}
