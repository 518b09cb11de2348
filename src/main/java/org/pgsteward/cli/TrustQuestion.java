package org.pgsteward.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import org.pgsteward.alert.OneLine;
import org.pgsteward.backup.restore.Recovery;

/** Question at the terminal: may roles that no key of this host has signed get powers over the server? */
final class TrustQuestion implements Recovery.Consent {
    /** Limit of the lines: a file of globals may name thousands of roles. */
    private static final int MOST = 50;

    private static final int WIDTH = 300;

    private final PrintWriter err;
    private final BufferedReader in;

    TrustQuestion(PrintWriter err, BufferedReader in) {
        this.err = err;
        this.in = in;
    }

    @Override
    public boolean isGiven(String reason, List<String> powers) {
        err.println(OneLine.of(reason, WIDTH) + ".");
        err.println("It grants powers over the whole server:");
        powers.stream().limit(MOST).forEach(line -> err.println("  " + OneLine.of(line, WIDTH)));
        if (powers.size() > MOST) {
            err.println("  and " + (powers.size() - MOST) + " more roles");
        }
        err.print("Restore these roles as they are? Type yes: ");
        err.flush();
        try {
            String answer = in.readLine();
            return answer != null && answer.strip().equals("yes");
        } catch (IOException e) {
            return false;
        }
    }
}
