package org.pgsteward.camel.lint;

import org.apache.camel.CamelContext;
import org.apache.camel.Predicate;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.language.SimpleExpression;
import org.apache.camel.support.DefaultExchange;

/** Evaluation of a route's precondition, as Camel evaluates it. */
public final class Included {
    private Included() {}

    /** Returns whether the route is included. A route without a precondition always is. */
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
