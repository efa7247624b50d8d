module resil.example/limiter

go 1.21
