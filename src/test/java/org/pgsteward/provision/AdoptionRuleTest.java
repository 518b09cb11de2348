package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Container;

/** A stranger's container may ask as any service, and was adopted instead of the service's own. */
class AdoptionRuleTest {
    private final Container own = Boxes.container("b-shop-1").box();
    private final Container strangers = Boxes.container("evil").box();
    private final Container wiki = Boxes.container("wiki-1").box();
    private final Map<Container, String> services =
            new LinkedHashMap<>(Map.of(own, "shop", strangers, "shop", wiki, "wiki"));

    @Test
    void theOnlyOneThatAsksAsTheServiceIsMeant() {
        assertThat(AdoptionRule.candidates("wiki", services)).containsExactly(wiki);
        assertThat(AdoptionRule.candidates("chat", services)).isEmpty();
    }

    @Test
    void ofSeveralTheOneThatIsNamedIsMeant() {
        assertThat(AdoptionRule.candidates("shop", services)).containsExactlyInAnyOrder(own, strangers);
        assertThat(AdoptionRule.candidates("b-shop-1", services)).containsExactly(own);
        assertThat(AdoptionRule.candidates("wiki-1", services)).containsExactly(wiki);
    }

    @Test
    void theContainerMayHaveTheNameOfTheService() {
        Container named = Boxes.container("shop").box();
        services.put(named, "shop");

        assertThat(AdoptionRule.candidates("shop", services)).containsExactly(named);
    }

    @Test
    void aContainerOfThatNameWhichAsksAsAnotherIsNotMeant() {
        services.put(Boxes.container("shop").box(), "chat");

        assertThat(AdoptionRule.candidates("shop", services)).containsExactlyInAnyOrder(own, strangers);
    }
}
