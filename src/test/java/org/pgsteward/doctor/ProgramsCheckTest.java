package org.pgsteward.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Minor versions of the programs and of the server. Only programs that are older than the server may fail. */
@Tag("fast")
class ProgramsCheckTest {
    @Test
    void olderMinorVersionIsInformation() {
        assertThat(ProgramsCheck.older("17.9 (Debian 17.9-0+deb13u1)", "17.12 (Debian 17.12-0+deb13u1)"))
                .hasValueSatisfying(found -> {
                    assertThat(found.isTrouble()).isFalse();
                    assertThat(found.cause())
                            .isEqualTo("the server has version 17.12, and pgsteward's programs have the older 17.9."
                                    + " If verifications fail, update the programs");
                });
    }

    @Test
    void sameOrNewerProgramsAreFine() {
        assertThat(ProgramsCheck.older("17.12", "17.12")).isEmpty();
        assertThat(ProgramsCheck.older("17.12", "17.9")).isEmpty();
        assertThat(ProgramsCheck.older("18beta1", "18.1")).isEmpty();
        assertThat(ProgramsCheck.older("18.1", "18beta1")).isEmpty();
    }
}
