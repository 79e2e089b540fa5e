"""国土 TXT (勘测定界界址点坐标交换文件): one model of the file, as spelled, and its writer. Pure: no land register, no database.

Owns the format: [属性描述], [地块坐标], plots 点数,面积,编号,名称,图形属性,图幅号,用途,地类编码,@ and points 点号,圈号,X北,Y东. Does not
own which system its numbers are in (app/imports/readers) nor which parcels go out (app/maps/exports). Source: format 1.01 of the ministry
and files in use, which differ in encodings, line ends, zone prefixes, 点号 and numbers of cells.
"""
