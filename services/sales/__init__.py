"""Sales keeps catalogue, stock, tickets and sales days.

It corrects sales that could not be posted and clears defective goods.
It never edits or deletes a recorded ticket or movement.
"""
