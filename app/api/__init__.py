"""The dialects: each folder turns one public API's wire shapes into the domain's verbs and back."""
