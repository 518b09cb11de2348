package org.pgsteward.camel.lint;

import org.apache.camel.CamelContext;
import org.apache.camel.Predicate;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.language.SimpleExpression;
import org.apache.camel.support.DefaultExchange;

/** Whether a route's precondition lets it in, asked as Camel asks. */
public final class Included {
    private Included() {}

    /** A route without a precondition is always let in. */
    public static boolean in(CamelContext context, RouteDefinition route) {
        if (route.getPrecondition() == null) {
            return true;
        }
        SimpleExpression expression = new SimpleExpression(route.getPrecondition());
        expression.initPredicate(context);
        Predicate predicate = expression.getPredicate();
        predicate.initPredicate(context);
        return predicate.matches(new DefaultExchange(context));
    }
}
