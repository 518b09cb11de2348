package org.pgsteward.backup;

import java.nio.file.Path;

/** A table that runs a program if an administrator reads its rows. */
public final class Trap {
    private Trap() {}

    /**
     * Returns statements for a table with code that the planner evaluates with the rights of the reader.
     *
     * @param marker a file that exists if the code ran
     */
    public static String[] statements(Path marker) {
        return new String[] {
            "CREATE FUNCTION public.act() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN"
                    + " COPY (SELECT 1) TO PROGRAM 'touch " + marker + "'; RETURN 1;"
                    + " EXCEPTION WHEN OTHERS THEN RETURN 1; END $f$",
            "CREATE FUNCTION public.trap(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
            "CREATE TABLE public.t AS SELECT generate_series(1, 7) AS n",
            "CREATE INDEX ON public.t ((n + public.trap(1)))",
            "CREATE STATISTICS public.s ON (n + public.trap(2)), n FROM public.t",
            "CREATE OR REPLACE FUNCTION public.trap(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
                    + " 'BEGIN PERFORM public.act(); RETURN 1; END'"
        };
    }
}
