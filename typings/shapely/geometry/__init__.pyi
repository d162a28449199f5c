from shapely.geometry.base import LinearRing as LinearRing
from shapely.geometry.base import LineString as LineString
from shapely.geometry.base import Point as Point
from shapely.geometry.base import Polygon as Polygon
