package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class DatabaseUrlTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://app:pw@db/app                          db         app    pw      app",
                "postgresql://app:pw@db:5432/app                   db         app    pw      app",
                "postgres://app:pw@db.example:6432/app?sslmode=disable db.example app pw     app",
                "postgres://app:pw@db/app#fragment                 db         app    pw      app",
                "postgres://app:pw@my_db:5432/app                  my_db      app    pw      app",
                "postgres://app:pw@10.0.0.1:5432/app               10.0.0.1   app    pw      app",
                "postgres://us%40er:p%40s%2Fs%3Aw%25@db/my%20app   db         us@er  p@s/s:w% ~my app~",
                "postgres://app:p+w@db/a+b                         db         app    p+w     a+b",
                "postgres://app:p%2Bw@db/app                       db         app    p+w     app",
                "postgres://app:p:w:x@db/app                       db         app    p:w:x   app",
                "postgres://app:p$w!*'()@db/app                    db         app    p$w!*'() app",
                "postgres://app:p^w{}|\"@db/app                    db         app    p^w{}|\" app",
                "postgres://app:p@w@db/app                         db         app    p@w     app",
                "postgres://app:100%@db/app                        db         app    100%    app",
                "postgres://%C3%BCber:p%C3%A4ss@db/%C3%BCber       db         über   päss    über",
                "postgres://app:pässwörd@db/app                    db         app    pässwörd app",
                "jdbc:postgresql://app:pw@db:5432/app              db         app    pw      app",
                "jdbc:postgresql://db:5432/app?user=app&password=p%26w db     app    p&w     app",
                "postgres://db/app?user=app&password=pw            db         app    pw      app",
                "postgresql+psycopg2://app:pw@db:5432/app          db         app    pw      app",
                "postgresql+asyncpg://app:pw@db/app                db         app    pw      app",
                "postgis://app:pw@db:5432/app                      db         app    pw      app",
                "ecto://app:pw@db/app                              db         app    pw      app",
                "pgsql://app:pw@db:5432/app                        db         app    pw      app",
                "pg://db:5432?u=app&p=p%26w&d=app                  db         app    p&w     app",
                "pg://db?user=app&password=pw&database=app         db         app    pw      app",
                "~host=db user=app password=pw dbname=app~         db         app    pw      app",
                "~host=db port=5432 user=app dbname=app password='p w\\'x' sslmode=disable~ db app ~p w'x~ app",
                "~Host=db;Port=5432;Username=app;Password=p=w;Database=app;~ db app p=w      app",
                "~Server=db;User Id=app;Password=pw;Database=app~  db         app    pw      app"
            })
    void addressGivesServerDatabaseAndRole(String row) {
        String[] cells = row.trim().split("\\s+(?=(?:[^~]*~[^~]*~)*[^~]*$)", -1);
        DatabaseUrl url = DatabaseUrl.parse(cells[0].replace("~", "")).orElseThrow();
        assertThat(url.host()).isEqualTo(cells[1]);
        assertThat(url.user()).isEqualTo(cells[2]);
        assertThat(url.password().reveal()).isEqualTo(cells[3].replace("~", ""));
        assertThat(url.database()).isEqualTo(cells[4].replace("~", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "postgres://",
                "postgres:///app",
                "postgres://app@db/app",
                "postgres://app:@db/app",
                "postgres://:pw@db/app",
                "postgres://app:pw@db",
                "postgres://app:pw@db/",
                "postgres://app:pw@/app",
                "mysql://app:pw@db/app",
                "jdbc:mysql://app:pw@db/app",
                "http://app:pw@db/app",
                "host=db user=app password=pw",
                "host=db user=app password='pw dbname=app",
                "see host=db user=app password=pw dbname=app",
                "pg://db:5432?u=app&p=pw",
                "pga://app:pw@db/app",
                "file:db.sqlite3"
            })
    void anythingElseIsNoAddressOfOurs(String text) {
        assertThat(DatabaseUrl.parse(text)).isEmpty();
    }

    @Test
    void hostPartMayHaveAPortAndPartsAreNotDecoded() {
        DatabaseUrl url = DatabaseUrl.ofParts("db:5432", "app", "p%40+w", "app").orElseThrow();
        assertThat(url.host()).isEqualTo("db");
        assertThat(url.password().reveal()).isEqualTo("p%40+w");
    }

    @Test
    void aMissingOrEmptyPartIsNoAddress() {
        assertThat(DatabaseUrl.ofParts(null, "app", "pw", "app")).isEmpty();
        assertThat(DatabaseUrl.ofParts("db", " ", "pw", "app")).isEmpty();
        assertThat(DatabaseUrl.ofParts("db", "app", "", "app")).isEmpty();
        assertThat(DatabaseUrl.ofParts("db", "app", "pw", "")).isEmpty();
    }

    @Test
    void printedItShowsNoPassword() {
        assertThat(DatabaseUrl.parse("postgres://app:never-seen@db/app").toString())
                .doesNotContain("never-seen");
    }
}
