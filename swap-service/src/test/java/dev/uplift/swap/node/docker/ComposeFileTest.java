package dev.uplift.swap.node.docker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ComposeFileTest {
    private static final String FILE = """
            # Our shop.
            x-image: &other
              image: not/this:1
            services:
              database:
                image: postgres:15   # not this one

              metabase:
                labels:
                  image: nor-this
                # the newest one that we trust
                image: "metabase/metabase:v0.50.3"  # pinned
                ports: ["3000:3000"]
            volumes:
              metabase:
            """;

    @Test
    void oneImageIsChangedAndNotACharacterBesides() {
        assertThat(ComposeFile.withImage(FILE, "metabase", "metabase/metabase:v0.51.2"))
                .contains(FILE.replace("v0.50.3", "v0.51.2"));
        assertThat(ComposeFile.withImage(FILE, "database", "postgres:16"))
                .contains(FILE.replace("postgres:15", "postgres:16"));
        String windows = FILE.replace("\n", "\r\n");
        assertThat(ComposeFile.withImage(windows, "metabase", "metabase/metabase:v0.51.2"))
                .contains(windows.replace("v0.50.3", "v0.51.2"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "services:\n",
                "services:\n  metabase:\n    build: .\n",
                "services:\n  metabase:\n    image: metabase/metabase:${VERSION}\n",
                "services:\n  metabase:\n    image: *image\n",
                "services:\n  metabase: {image: metabase/metabase}\n",
                "services:\n\tmetabase:\n\t\timage: metabase/metabase\n",
                "services: {metabase: {image: metabase/metabase}}\n",
                "services:\n  metabase:\n    image:\n      metabase/metabase\n",
                "services:\n  metabase:\n    deploy:\n      image: metabase/metabase\n"
            })
    void whatIsNotInThePlainFormIsLeftToAPerson(String file) {
        assertThat(ComposeFile.withImage(file, "metabase", "metabase/metabase:v0.51.2"))
                .isEmpty();
    }
}
