package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Container;

/** A stranger's container may claim any service. Once, it was adopted instead of the service's own container. */
@Tag("fast")
class AdoptionRuleTest {
    private static final String ID = "0123456789ab";

    private final Container own =
            Boxes.container("b-shop-1").id(ID + "c".repeat(52)).box();
    private final Container strangers = Boxes.container("evil").box();
    private final Container wiki = Boxes.container("wiki-1").box();
    private final Map<Container, String> services = new LinkedHashMap<>(Map.of(own, "shop", wiki, "wiki"));

    @Test
    void theOnlyContainerThatAsksAsTheServiceIsMeant() {
        assertThat(AdoptionRule.candidates("shop", services)).containsExactly(own);
        assertThat(AdoptionRule.candidates("chat", services)).isEmpty();
    }

    @Test
    void severalContainersOfAServiceMayBeMeant() {
        services.put(strangers, "shop");

        assertThat(AdoptionRule.candidates("shop", services)).containsExactlyInAnyOrder(own, strangers);
        assertThat(AdoptionRule.candidates("b-shop-1", services)).containsExactly(own);
    }

    @Test
    void aServiceWithTheNameOfAnotherContainerMayBeMeant() {
        services.put(strangers, "b-shop-1");

        assertThat(AdoptionRule.candidates("b-shop-1", services)).containsExactlyInAnyOrder(own, strangers);
    }

    @Test
    void anIdBelongsToOneContainer() {
        services.put(strangers, ID);

        assertThat(AdoptionRule.candidates(ID, services)).containsExactly(own);
        assertThat(AdoptionRule.candidates(own.id(), services)).containsExactly(own);
        assertThat(AdoptionRule.candidates(ID.substring(1), services)).isEmpty();
    }
}
