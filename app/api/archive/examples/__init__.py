"""Examples of bodies and parameters, which the OpenAPI document shows."""
