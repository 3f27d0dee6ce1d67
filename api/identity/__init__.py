"""Who is who: accounts, sign-ins, second factors, tokens, and changes of rights."""
