"""Alert rules of retail prices: moves, competitors, stock, gaps between nearby stores."""
