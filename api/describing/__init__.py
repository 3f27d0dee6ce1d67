"""What each route answers, for the OpenAPI document: data only; tests hold the answers against it."""
