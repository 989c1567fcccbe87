package dev.uplift.orchestrator.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.uplift.contract.Json;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** REST reads and writes the same bounded JSON as the topics: duplicate keys are refused here too. */
final class JsonMapping {
    @Produces
    @Singleton
    ObjectMapper mapper() {
        return Json.mapper();
    }
}
