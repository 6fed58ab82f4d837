// Pictures by a generator that aggen has written as faces.h and faces.c, from C++: eight in a column, half of them
// drawn by one thread and half by another, as PPM (grey ones as PGM).
//
//     aggen out/run/genotype.json --weights out/run/retrain/ema.safetensors --embed faces -o .
//     cc -O3 -march=native -fno-math-errno -fno-trapping-math -c faces.c
//     c++ -o example example.cpp faces.o -lm -pthread && ./example faces.ppm
#include "faces.h"

#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

namespace
{
const long count = 8, bytes = long{FACES_SIZE} * FACES_SIZE * FACES_CHANNELS; // pictures, and bytes of one
const unsigned long long seed = 5;
const double psi = 1; // no truncation

// Each thread draws in memory of its own.
int draw(long first, long many, unsigned char *pixels)
{
    std::vector<unsigned char> memory(faces_memory());
    const int status = faces_init(memory.data(), memory.size());
    if (status != FACES_DONE) return status;
    return faces_generate(memory.data(), nullptr, seed, first, many, psi, nullptr, pixels);
}
} // namespace

int main(int argc, char **argv)
{
    std::vector<unsigned char> pixels(count * bytes);
    int above, below;
    std::thread thread([&] { above = draw(0, count / 2, pixels.data()); });
    below = draw(count / 2, count - count / 2, pixels.data() + count / 2 * bytes);
    thread.join();
    if (above != FACES_DONE || below != FACES_DONE) {
        std::cerr << "example: no picture, status " << above << " and " << below << "\n";
        return 1;
    }
    std::ofstream file(argc > 1 ? argv[1] : "faces.ppm", std::ios::binary);
    file << (FACES_CHANNELS == 3 ? "P6 " : "P5 ") << FACES_SIZE << " " << count * FACES_SIZE << " 255\n";
    file.write(reinterpret_cast<const char *>(pixels.data()), count * bytes);
    return file.flush() ? 0 : 1;
}
