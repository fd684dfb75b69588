"""What several API processes share: forecasts, request counts, previews of cameras."""
