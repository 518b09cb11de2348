# Draws growth.svg from the tables of ../README.md, "Growth".
#
#   cd src/bench/plots && gnuplot growth.gnuplot     (Debian: gnuplot-nox)
set terminal svg size 1000,1050 font "sans-serif,12" background "white"
set output "growth.svg"
set logscale xy
set grid
set key left top
set ylabel "milliseconds"
set multiplot layout 3,2

$services << EOD
1 42 911
10 53 916
150 101 1127
995 386 1920
EOD
$reconcile << EOD
10 100 90
100 290 170
1000 2140 680
EOD
set title "services"
set xrange [0.8:1300]
set yrange [20:20000]
plot $services using 1:2 with linespoints title "status page", \
     $services using 1:3 with linespoints title "pgsteward status", \
     $reconcile using 1:2 with linespoints title "first reconcile", \
     $reconcile using 1:3 with linespoints title "later reconcile"

$stored << EOD
100 1098 43 1026 868 680
1000 914 47 981 2053 879
10000 1038 107 974 8250 1896
EOD
set title "stored backups"
set xrange [70:14000]
plot $stored using 1:3 with linespoints title "status page", \
     $stored using 1:4 with linespoints title "pgsteward status", \
     $stored using 1:2 with linespoints title "start", \
     $stored using 1:5 with linespoints title "pgsteward backups", \
     $stored using 1:6 with linespoints title "retention"

$rows << EOD
30 963 50 911 869 418
90 1241 51 1150 834 502
365 1085 62 974 928 455
EOD
set title "days of rows, ten services"
set xtics (30, 90, 365)
set xrange [20:500]
plot $rows using 1:3 with linespoints title "status page", \
     $rows using 1:4 with linespoints title "pgsteward status", \
     $rows using 1:2 with linespoints title "start", \
     $rows using 1:6 with linespoints title "retention"

$rate << EOD
1 51 65
10 1380 1706
100 21812 33035
EOD
set title "new containers a second"
set xtics auto
set xrange [0.8:130]
set yrange [20:60000]
plot $rate using 1:2 with linespoints title "median until the database is open", \
     $rate using 1:3 with linespoints title "99 %"

$idle << EOD
1 1.70 0.94 77
10 1.54 1.15 82
100 2.20 2.26 84
995 8.23 12.27 101
EOD
set title "idle services"
set xrange [0.8:1300]
set yrange [0.5:2000]
set ylabel "percent of a core, and MB"
plot $idle using 1:2 with linespoints title "pgsteward, %", \
     $idle using 1:3 with linespoints title "PostgreSQL, %", \
     $idle using 1:4 with linespoints title "anonymous memory of pgsteward, MB"
