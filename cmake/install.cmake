install(TARGETS loopgate)
